import path from 'node:path'
import type { GoSource, Part } from './catalogue.ts'
import { expectSuccess, SourceFailure } from './failure.ts'
import { findOnPath, runProgram } from './program.ts'
import type { SourceContext } from './source.ts'

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64' }

/** Builds a Go command of a published module into the folder. */
export async function fromGo(
  part: Part,
  source: GoSource,
  { folder, env, report, signal }: SourceContext,
): Promise<string> {
  const what = `go install ${source.package}@v${part.version}`
  const go = await findGo(env)
  if (go === undefined) throw new SourceFailure(what, ['no go on PATH'])
  report(`building with go (${source.duration})`)
  const variable = source.versionVariable
  const flags = [
    '-s',
    '-w',
    ...(variable === undefined ? [] : ['-X', `${variable}=v${part.version}`]),
  ]
  const ran = await runProgram(
    go,
    ['install', '-ldflags', flags.join(' '), `${source.package}@v${part.version}`],
    {
      cwd: folder,
      signal,
      env: {
        ...env,
        GOBIN: path.join(folder, 'bin'),
        // What people set for their own work must neither break nor change this build.
        ...{ GOFLAGS: '-trimpath', GO111MODULE: 'on', GOWORK: 'off', CGO_ENABLED: '0' },
        ...{ GOOS: process.platform, GOARCH: ARCHITECTURES[process.arch] ?? process.arch },
      },
    },
  )
  expectSuccess(what, ran)
  return path.join('bin', path.posix.basename(source.package))
}

async function findGo(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  return (await findOnPath(['go'], env))[0]
}
