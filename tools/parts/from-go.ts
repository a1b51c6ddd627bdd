import { rm } from 'node:fs/promises'
import path from 'node:path'
import type { GoSource, Part } from './catalogue.ts'
import { expectSuccess, SourceFailure } from './failure.ts'
import { mainModule } from './go-main-module.ts'
import { findOnPath, runProgram, type Ran } from './program.ts'
import type { SourceContext } from './source.ts'

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64' }

/** Builds a Go command of a published module into the folder. */
export async function fromGo(
  part: Part,
  source: GoSource,
  { folder, env, report, signal }: SourceContext,
): Promise<string> {
  const what = `go install ${source.package}@v${part.version}`
  const found = await findGo(env)
  if (found === undefined) throw new SourceFailure(what, ['no go on PATH'])
  const go = (args: readonly string[], cwd = folder): Promise<Ran> =>
    runProgram(found, args, {
      cwd,
      signal,
      env: {
        ...env,
        GOBIN: path.join(folder, 'bin'),
        // What people set for their own work must neither break nor change this build.
        ...{ GOFLAGS: '-trimpath', GO111MODULE: 'on', GOWORK: 'off', CGO_ENABLED: '0' },
        ...{ GOOS: process.platform, GOARCH: ARCHITECTURES[process.arch] ?? process.arch },
      },
    })
  report(`building with go (${source.duration})`)
  const variable = source.versionVariable
  const flags = [
    '-s',
    '-w',
    ...(variable === undefined ? [] : ['-X', `${variable}=v${part.version}`]),
  ]
  const install = ['install', '-ldflags', flags.join(' ')]
  if (source.module === undefined) {
    expectSuccess(what, await go([...install, `${source.package}@v${part.version}`]))
  } else {
    const tree = path.join(folder, 'source')
    const context = { go, tree, packageFolder: source.package }
    const flag = await mainModule(source.module, part.version, context)
    expectSuccess(what, await go([...install, flag, source.package], tree))
    await rm(tree, { recursive: true })
  }
  return path.join('bin', path.posix.basename(source.package))
}

export async function findGo(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  return (await findOnPath(['go'], env))[0]
}
