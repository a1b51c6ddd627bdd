import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { startChild, type Child } from '../../../tools/stack/child.ts'

/** A folder of this machine at a place of the container. */
export interface Mount {
  readonly source: string
  readonly target: string
  readonly readOnly: boolean
}

export interface ContainerOptions {
  readonly name: string
  /** What stands for its image: a program, and files of this machine at other places. */
  readonly image: Image
  readonly args: readonly string[]
  /** Where it is started; must be there. */
  readonly workingDir: string
  readonly env: Readonly<Record<string, string>>
  readonly mounts: readonly Mount[]
  /** Names that lead to this machine. */
  readonly hosts: readonly string[]
  /** Where it lives; must be empty. */
  readonly folder: string
}

export interface Image {
  /** Its entry point, of the files below. */
  readonly command: readonly string[]
  /** Place in the container → file or folder of this machine. */
  readonly files: Readonly<Record<string, string>>
}

/** As `test/support/engine.ts` has it: root, or whoever may be root in a user namespace. */
const NAMESPACE = [...(process.getuid?.() === 0 ? [] : ['--map-root-user']), '--mount']

/**
 * A root of its own that can't be written: what the system has of programs and libraries, and of `/etc` what they
 * need. Arguments: the root, the file of hosts, then `source target ro|rw` for each mount, `--`, the folder to
 * start in, and the command.
 */
const SCRIPT = `
set -e
root=$1; hosts=$2; shift 2
mount -t tmpfs tmpfs "$root"
for one in /*; do
  case "$one" in /etc|/var|/tmp|/run) continue;; esac
  if [ -L "$one" ]; then cp -P "$one" "$root$one"
  elif [ -d "$one" ]; then mkdir "$root$one"; mount --rbind "$one" "$root$one"; fi
done
mkdir "$root/etc" "$root/var" "$root/tmp" "$root/run"
for one in passwd group nsswitch.conf ld.so.cache ld.so.conf ssl alternatives; do
  if [ -e "/etc/$one" ]; then cp -a "/etc/$one" "$root/etc/$one"; fi
done
cp "$hosts" "$root/etc/hosts"
while [ "$1" != -- ]; do
  if [ -d "$1" ]; then mkdir -p "$root$2"; else mkdir -p "$(dirname "$root$2")"; touch "$root$2"; fi
  mount --bind "$1" "$root$2"
  if [ "$3" = ro ]; then mount -o remount,bind,ro "$root$2"; fi
  shift 3
done
folder=$2; shift 2
mount -o remount,ro "$root"
exec chroot "$root" /usr/bin/env -C "$folder" "$@"
`

/** Runs a container's process on this machine's network, with its own view of files. */
export async function startContainer(options: ContainerOptions): Promise<Child> {
  const { folder, image, name } = options
  const file = (one: string) => path.join(folder, one)
  await mkdir(file('root'), { recursive: true })
  const hosts = ['localhost', ...options.hosts].map((host) => `127.0.0.1 ${host}\n`)
  await writeFile(file('hosts'), hosts.join(''))
  const mounts = [
    ...Object.entries(image.files).map(([target, source]) => ({ source, target, readOnly: true })),
    ...options.mounts,
  ].flatMap(({ source, target, readOnly }) => [source, target, readOnly ? 'ro' : 'rw'])
  return startChild({
    name: `${name} (needs root, or user namespaces)`,
    program: 'unshare',
    args: [
      ...[...NAMESPACE, 'sh', '-c', SCRIPT, 'sh', file('root'), file('hosts')],
      ...[...mounts, '--', options.workingDir, ...image.command, ...options.args],
    ],
    // Of this process's environment nothing but where programs are.
    env: {
      ...Object.fromEntries(Object.keys(process.env).map((one) => [one, undefined])),
      ...{ PATH: process.env['PATH'], ...options.env },
    },
    logFile: file('log'),
  })
}
