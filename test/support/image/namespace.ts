import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { libraryFolders, UNPACKED } from '../../../tools/parts/from-debian.ts'
import { runOrThrow } from '../run.ts'

/** A command that runs the rest of its arguments. */
export type Prefix = readonly [program: string, ...args: string[]]

/**
 * Where buildah and crun can run, as root: a mount namespace of their own.
 *
 * Both start themselves again without their environment, by which the parts else find their libraries: so
 * the linker's cache in it knows these. And crun takes no machine that has both generations of cgroups,
 * though it is told to leave them alone: so only the older one is seen.
 */
export async function containerNamespace(
  folder: string,
  programs: readonly string[],
): Promise<Prefix> {
  const folders = await Promise.all(programs.map(librariesOf))
  const config = path.join(folder, 'ld.so.conf')
  const cache = path.join(folder, 'ld.so.cache')
  await writeFile(config, ['include /etc/ld.so.conf', ...folders.flat(), ''].join('\n'))
  await runOrThrow('ldconfig', ['-X', '-f', config, '-C', cache], { env: { PATH: PROGRAMS } })
  const script = [
    'umount /sys/fs/cgroup/unified 2>/dev/null',
    'mount --bind "$0" /etc/ld.so.cache && exec "$@"',
  ].join('\n')
  return ['unshare', '--mount', 'sh', '-c', script, cache]
}

/** Some systems leave root's programs out of the path. */
const PROGRAMS = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`

/** Folders of the shared libraries that were unpacked with a program; none for one of the system's. */
async function librariesOf(program: string): Promise<readonly string[]> {
  const mark = `${path.sep}${UNPACKED}${path.sep}`
  const inside = program.indexOf(mark)
  const root =
    inside < 0
      ? path.join(path.dirname(program), UNPACKED)
      : program.slice(0, inside + mark.length - 1)
  const folders = await libraryFolders(root).catch(() => [])
  return folders.map((name) => path.join(root, name))
}
