import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { stringify } from 'yaml'
import { untilReady } from '../../tools/stack/child.ts'
import { freePort } from '../../tools/stack/ports.ts'
import { throwAwayAuthority } from '../support/certified-keys.ts'
import { ask } from '../support/http.ts'
import { createBuilder } from '../support/image/buildah.ts'
import {
  createContainers,
  type Containers,
  type ContainerOptions,
} from '../support/image/container.ts'
import { readImage, type SavedImage } from '../support/image/layers.ts'
import { fillMounted, MOUNT } from '../support/image/mounted.ts'
import { peersDirectory, unpackPeer } from '../support/peers.ts'
import { runOrThrow } from '../support/run.ts'
import { spread } from './statistics.ts'

/** The repository, from dist/test/bench. */
const ROOT = path.resolve(import.meta.dirname, '../../..')

const ROUNDS = 7
const PEER = '/peer'

/**
 * The image: its size, and the time from the start of a container to the first answer. docker_auth runs
 * in the same file system, turn by turn with rauth. Its own images are not here.
 */
export async function benchImage(): Promise<readonly string[]> {
  if (process.getuid?.() !== 0) return ['images are built and run by root only']
  const folder = await mkdtemp(path.join(os.tmpdir(), 'rauth-bench-image-'))
  const builder = await createBuilder('localhost')
  const containers = await createContainers()
  try {
    await builder.build('localhost/rauth:bench')
    await builder.save('localhost/rauth:bench', path.join(folder, 'saved'))
    const image = await readImage(path.join(folder, 'saved'))
    const root = path.join(folder, 'root')
    await mkdir(root)
    await image.unpack(root)
    return [...(await sizes(image, root)), ...(await starts(folder, containers, image, root))]
  } finally {
    await builder.remove()
    await containers.remove()
    await rm(folder, { recursive: true })
  }
}

async function sizes(image: SavedImage, root: string): Promise<readonly string[]> {
  const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(1)
  const compressed = image.layers.map(({ size }) => size)
  const own = path.join(root, 'opt/rauth')
  return [
    `compressed MiB  ${mib(compressed.reduce((sum, size) => sum + size, 0))}, over the base ${mib(image.added.size)}`,
    `unpacked MiB    ${mib(await bytesIn(root))}, over the base ${mib(await bytesIn(own))}`,
  ]
}

async function bytesIn(folder: string): Promise<number> {
  const { stdout } = await runOrThrow('du', ['--bytes', '--summarize', folder])
  return Number.parseInt(stdout, 10)
}

interface Contestant {
  readonly name: string
  readonly options: ContainerOptions
  readonly answers: () => Promise<boolean>
}

async function starts(
  folder: string,
  containers: Containers,
  { config }: SavedImage,
  root: string,
): Promise<readonly string[]> {
  const mounted = await mkdtemp(path.join(folder, 'mounted-'))
  const { operations } = await fillMounted(mounted, [{ username: 'team-a', password: 'plain' }])
  const rauth: Contestant = {
    name: 'rauth',
    options: { root, config, mounts: { [MOUNT]: mounted } },
    answers: () => answers(operations, '/readyz'),
  }
  const peer = await dockerAuth(path.join(folder, 'peer'))
  const contestants = [
    rauth,
    ...(peer === undefined ? [] : [{ ...peer, options: { ...rauth.options, ...peer.options } }]),
  ]
  const seconds = new Map(contestants.map(({ name }) => [name, [] as number[]]))
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { name, options, answers } of contestants) {
      const begin = performance.now()
      const { child, stop } = await containers.start(options, path.join(folder, `${name}.log`))
      await untilReady(child, answers)
      seconds.get(name)?.push((performance.now() - begin) / 1000)
      await stop()
    }
  }
  return [
    ...[...seconds].map(([name, times]) => `${name.padEnd(12)} ready after s  ${spread(times, 2)}`),
    ...(peer === undefined ? ['docker_auth is not in the folder of peers'] : []),
  ]
}

/** The real docker_auth, with what it needs in the folder; `undefined`: it is not in the folder of peers. */
async function dockerAuth(folder: string) {
  await mkdir(folder)
  const program = await unpackPeer(peersDirectory(ROOT), 'auth_server', folder)
  if (program === undefined) return undefined
  await chmod(program, 0o755)
  const keys = await throwAwayAuthority('ES256')
  const port = await freePort()
  const configuration = {
    server: { addr: `127.0.0.1:${port}` },
    token: {
      ...{ issuer: 'docker_auth', expiration: 300 },
      ...{ certificate: `${PEER}/server.crt`, key: `${PEER}/server.key` },
    },
    users: { '': {} },
    acl: [{ match: { name: '*' }, actions: ['pull'] }],
  }
  await writeFile(path.join(folder, 'server.crt'), keys.certificate)
  await writeFile(path.join(folder, 'server.key'), keys.key)
  await writeFile(path.join(folder, 'auth.yaml'), stringify(configuration))
  const command = [`${PEER}/auth_server`, '-logtostderr', `${PEER}/auth.yaml`]
  return {
    name: 'docker_auth',
    options: { args: command, entrypoint: [], mounts: { [PEER]: folder } },
    answers: () => answers(port, '/auth?service=x'),
  }
}

function answers(port: number, question: string): Promise<boolean> {
  return ask(port, question).then(
    ({ status }) => status === 200,
    () => false,
  )
}
