import { expectSuccess, SourceFailure } from './failure.ts'
import { findGo } from './from-go.ts'
import { runProgram } from './program.ts'

/**
 * The folder of a published Go module's files: from Go's own cache, else fetched into it. Go checks the
 * module by its checksum database. Throws SourceFailure.
 */
export async function goModule(
  module: string,
  version: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const what = `go mod download ${module}@v${version}`
  const go = await findGo(env)
  if (go === undefined) throw new SourceFailure(what, ['no go on PATH'])
  const ran = await runProgram(go, ['mod', 'download', '-json', `${module}@v${version}`], {
    // What people set for their own work must neither break nor change this.
    env: { ...env, GO111MODULE: 'on', GOFLAGS: '', GOWORK: 'off' },
  })
  expectSuccess(what, ran)
  return (JSON.parse(ran.stdout) as { Dir: string }).Dir
}
