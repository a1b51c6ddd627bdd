import { chmod, cp, mkdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { findCached, partsDirectory, storePart } from '../../../tools/parts/cache.ts'
import { CATALOGUE } from '../../../tools/parts/catalogue.ts'
import { fromDebian, UNPACKED } from '../../../tools/parts/from-debian.ts'
import { installParts } from '../../../tools/parts/install.ts'
import { withLock } from '../../../tools/parts/lock.ts'
import { findOnPath } from '../../../tools/parts/program.ts'
import { runOrThrow } from '../run.ts'

/** File systems of the two images that the Dockerfile begins with, made of what this machine can have. */
export interface Bases {
  /** As distroless' image of Node is laid out: neither shell nor npm, a user without rights. */
  readonly runtime: string
  /** With npm, and a shell to start it. */
  readonly builder: string
}

/** Where Node is in distroless' image. */
export const NODE = '/nodejs/bin/node'

/** Raised when what is made below changes. */
const EDITION = 2

/** Kept with the parts, since making them needs apt. */
export async function imageBases(): Promise<Bases> {
  const { node24 } = await installParts(['node24'])
  const folder = path.join(
    partsDirectory(process.env),
    `image-bases-${CATALOGUE.node24.version}-${EDITION}`,
  )
  await withLock(`${folder}.lock`, async () => {
    if ('path' in (await findCached(folder))) return
    await storePart(folder, (staging) => assemble(staging, node24))
  })
  return { runtime: path.join(folder, 'runtime'), builder: path.join(folder, 'builder') }
}

async function assemble(folder: string, node: string): Promise<string> {
  const runtime = path.join(folder, 'runtime')
  const builder = path.join(folder, 'builder')
  await unpackInto([runtime, builder], SYSTEM, folder)
  await unpackInto([builder], SHELL, folder)
  for (const root of [runtime, builder]) await furnish(root)

  await copyProgram(node, path.join(runtime, NODE))
  await recordPackages(runtime)
  await mkdir(path.join(runtime, 'home/nonroot'), { recursive: true, mode: 0o700 })

  await copyProgram(node, path.join(builder, 'usr/local/bin/node'))
  const npm = path.join(builder, 'usr/local/lib/npm')
  await cp(await npmFolder(), npm, COPY)
  await symlink('../lib/npm/bin/npm-cli.js', path.join(builder, 'usr/local/bin/npm'))
  return path.relative(folder, path.join(runtime, NODE))
}

const SYSTEM = ['libstdc++6', 'libc6', 'libgcc-s1', 'tzdata', 'ca-certificates'] as const

const SHELL = ['dash', 'coreutils'] as const

/** What distroless leaves out of the packages of {@link SYSTEM}. */
const LEFT_OUT = new RegExp(`/${UNPACKED}/(?:usr/sbin|usr/share/doc/[^/]+/examples)(?:/|$)`)

/** Unpacks Debian packages aside, and copies them into each of the file systems. */
async function unpackInto(
  roots: readonly string[],
  [name, ...companions]: readonly [string, ...string[]],
  folder: string,
): Promise<void> {
  const aside = path.join(folder, 'aside')
  await mkdir(aside)
  await fromDebian(
    { kind: 'debian', package: name, companions, file: 'nothing', size: '4 MB' },
    { folder: aside, env: process.env, signal: undefined, report: () => undefined },
  )
  for (const root of roots) {
    await cp(path.join(aside, UNPACKED), root, { ...COPY, filter: (one) => !LEFT_OUT.test(one) })
  }
  await rm(aside, { recursive: true })
}

/** In the runtime's only: where distroless keeps what Debian says of a package. */
async function recordPackages(root: string): Promise<void> {
  const folder = path.join(root, 'var/lib/dpkg/status.d')
  await mkdir(folder, { recursive: true })
  for (const name of SYSTEM) {
    const { stdout } = await runOrThrow('apt-cache', ['show', '--no-all-versions', name])
    await writeFile(path.join(folder, name), stdout)
  }
}

const COPY = { recursive: true, verbatimSymlinks: true } as const

const USERS = [
  'root:x:0:0:root:/root:/sbin/nologin',
  'nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin',
  'nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin',
]

/** What both have, as a container of any kind does. */
async function furnish(root: string): Promise<void> {
  const at = (name: string) => path.join(root, name)
  for (const name of ['etc/ssl/certs', 'root', 'tmp', 'proc', 'dev', 'sys', 'usr/local/bin']) {
    await mkdir(at(name), { recursive: true })
  }
  await chmod(at('tmp'), 0o1777)
  await writeFile(at('etc/passwd'), `${USERS.join('\n')}\n`)
  await writeFile(at('etc/group'), 'root:x:0:\nnonroot:x:65532:\n')
  await writeFile(at('etc/nsswitch.conf'), 'hosts: files dns\n')
  const certificates = await readFile('/etc/ssl/certs/ca-certificates.crt')
  await writeFile(at('etc/ssl/certs/ca-certificates.crt'), certificates)
}

async function copyProgram(from: string, to: string): Promise<void> {
  await mkdir(path.dirname(to), { recursive: true })
  await cp(await realpath(from), to)
  await chmod(to, 0o755)
}

/** The npm of this machine, with all that it needs. */
async function npmFolder(): Promise<string> {
  const [npm] = await findOnPath(['npm'], process.env)
  if (npm === undefined) throw new Error('no npm on PATH')
  return path.resolve(path.dirname(await realpath(npm)), '..')
}
