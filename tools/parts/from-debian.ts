import { chmod, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { DebianSource } from './catalogue.ts'
import { expectSuccess, SourceFailure } from './failure.ts'
import { findOnPath, runProgram, type Ran } from './program.ts'
import type { SourceContext } from './source.ts'

/** Folder that stands for the top of the system's. */
export const UNPACKED = 'unpacked'

/**
 * Unpacks a Debian package with its companions, and the shared libraries that this system lacks for
 * them, into the folder. Nothing is installed in the system: that would need root, and start a
 * registry as a service.
 */
export async function fromDebian(
  source: DebianSource,
  { folder, env, report, signal }: SourceContext,
): Promise<string> {
  const what = `apt-get, ${source.package}`
  const [apt] = await findOnPath(['apt-get'], env)
  const [unpack] = await findOnPath(['dpkg-deb'], env)
  if (apt === undefined || unpack === undefined) {
    throw new SourceFailure(what, ['no apt-get and dpkg-deb on PATH'])
  }
  const packages = path.join(folder, 'packages')
  await mkdir(packages)
  // The answers are read below, so not in the user's language.
  const options = {
    cwd: packages,
    signal,
    env: { ...env, LC_ALL: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive' },
  }

  /** Package lists that were never fetched, or are out of date, are the usual reason to fail. */
  async function withFreshLists(args: readonly string[]): Promise<Ran> {
    const first = await runProgram(apt as string, args, options)
    if (first.code === 0) return first
    if (process.getuid?.() !== 0) {
      const { stderr } = first
      return {
        ...first,
        stderr: `${stderr}\nE: maybe the package lists are old: sudo apt-get update`,
      }
    }
    report("fetching Debian's package lists")
    const update = await runProgram(apt as string, ['update'], options)
    return update.code === 0 ? runProgram(apt as string, args, options) : update
  }

  const wanted = [source.package, ...(source.companions ?? [])]
  const plan = await withFreshLists([
    ...['install', '--simulate', '--no-install-recommends', ...wanted],
  ])
  expectSuccess(what, plan)
  const libraries = missingLibraries(plan.stdout)
  report(`downloading (${source.size})`)
  expectSuccess(what, await withFreshLists(['download', ...wanted, ...libraries]))
  const root = path.join(folder, UNPACKED)
  for (const name of await readdir(packages)) {
    if (!name.endsWith('.deb')) continue
    expectSuccess(`${what}, ${name}`, await runProgram(unpack, ['-x', name, root], options))
  }
  await rm(packages, { recursive: true })
  const direct = path.join(UNPACKED, source.file)
  return wanted.length + libraries.length === 1 ? direct : wrap(folder, direct)
}

/** Libraries among what apt-get would install; the rest of a client's dependencies is for servers. */
export function missingLibraries(plan: string): readonly string[] {
  return [...plan.matchAll(/^Inst (lib\S+)/gm)].map(([, name]) => name ?? '')
}

/**
 * A program beside it that shows it its libraries and companions; relative, because the folder still
 * moves.
 */
async function wrap(folder: string, executable: string): Promise<string> {
  const script = [
    '#!/bin/sh',
    'here=$(dirname "$(readlink -f "$0")")',
    ...prepend('PATH', ['usr/sbin', 'usr/bin']),
    ...prepend('LD_LIBRARY_PATH', await libraryFolders(path.join(folder, UNPACKED))),
    `exec "$here/${executable}" "$@"`,
  ]
  const name = path.basename(executable)
  await writeFile(path.join(folder, name), `${script.join('\n')}\n`)
  await chmod(path.join(folder, name), 0o755)
  return name
}

/** An empty name in such a list would stand for the folder that the program is called in. */
function prepend(variable: string, folders: readonly string[]): readonly string[] {
  if (folders.length === 0) return []
  const list = folders.map((name) => `$here/${UNPACKED}/${name}`).join(':')
  return [`export ${variable}="${list}\${${variable}:+:$${variable}}"`]
}

/** Folders below the root that have shared libraries in them, relative to it. */
export async function libraryFolders(root: string): Promise<readonly string[]> {
  const files = await readdir(root, { recursive: true, withFileTypes: true })
  const folders = files
    .filter((file) => /\.so(\.|$)/.test(file.name))
    .map((file) => path.relative(root, file.parentPath))
  return [...new Set(folders)]
}

/** Where a file of the package is, inside the part's folder. */
export function unpackedFile(file: string): string {
  return path.join(UNPACKED, file)
}
