import { chmod, copyFile, cp, readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import type { GoSource, Part } from './catalogue.ts'
import { expectSuccess, SourceFailure } from './failure.ts'
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
  if (source.main === undefined) {
    expectSuccess(what, await go([...install, `${source.package}@v${part.version}`]))
  } else {
    const { requirements } = source.main
    // What Go calls a version 2 or later that has no go.mod.
    const suffix = requirements === undefined ? '' : '+incompatible'
    const module = `${source.main.module}@v${part.version}${suffix}`
    const downloaded = await go(['mod', 'download', '-json', module])
    expectSuccess(`go mod download ${module}`, downloaded)
    const { Dir } = JSON.parse(downloaded.stdout) as { Dir: string }
    const tree = path.join(folder, 'source')
    await copyWritable(Dir, tree)
    if (requirements !== undefined) {
      await copyFile(path.join(tree, requirements.file), path.join(tree, 'go.mod'))
      await copyFile(path.join(tree, requirements.sums), path.join(tree, 'go.sum'))
    }
    expectSuccess(what, await go([...install, '-mod=readonly', source.package], tree))
    await rm(tree, { recursive: true })
  }
  return path.join('bin', path.posix.basename(source.package))
}

/** A copy of a module: Go's own is read-only. */
async function copyWritable(module: string, tree: string): Promise<void> {
  await cp(module, tree, { recursive: true })
  const entries = await readdir(tree, { recursive: true, withFileTypes: true })
  const folders = entries.filter((entry) => entry.isDirectory())
  for (const name of [tree, ...folders.map((entry) => path.join(entry.parentPath, entry.name))]) {
    await chmod(name, 0o755)
  }
}

export async function findGo(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  return (await findOnPath(['go'], env))[0]
}
