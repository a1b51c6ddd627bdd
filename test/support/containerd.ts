import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { installParts } from '../../tools/parts/install.ts'
import type { Login } from '../../tools/stack/secret-manifest.ts'
import type { Engine } from './engine.ts'
import { imageTarball } from './image.ts'
import { run, type RunResult } from './run.ts'

/** The repository, from dist/test/support. */
const ROOT = path.resolve(import.meta.dirname, '../../..')

export interface CtrClient {
  /** In a namespace of containerd that is this client's own. */
  ctr(...args: readonly string[]): Promise<RunResult>
  /** Gives containerd the one-layer image that `content` makes, under this name, and pushes it. */
  push(content: string, reference: string): Promise<RunResult>
  /** Pushes what it has under this name. */
  pushTagged(reference: string): Promise<RunResult>
  /** Pulls into a namespace of containerd that has nothing yet. */
  pull(reference: string): Promise<RunResult>
  /** Pulls into its own namespace with the credentials of another user. */
  pullAs(login: Login, reference: string): Promise<RunResult>
  remove(): Promise<void>
}

/** `ctr` with the credentials of one user, or without. */
export async function ctrClient(engine: Engine, login?: Login): Promise<CtrClient> {
  const { ctr: program } = await installParts(['ctr'])
  const home = await mkdtemp(path.join(os.tmpdir(), 'rauth-ctr-'))
  const own = path.basename(home)
  let pulls = 0

  const inNamespace = (namespace: string, ...args: readonly string[]) =>
    run(program, ['--address', engine.socket, '--namespace', namespace, ...args])
  const ctr = (...args: readonly string[]) => inNamespace(own, ...args)
  const pullInto = (namespace: string, user: Login | undefined, reference: string) =>
    inNamespace(
      namespace,
      ...['images', 'pull', '--snapshotter', 'native', ...remote(user), reference],
    )
  const pushTagged = (reference: string) => ctr('images', 'push', ...remote(login), reference)
  return {
    ctr,
    pushTagged,
    async push(content, reference) {
      const tarball = await imageTarball(home, content, reference)
      const imported = await ctr('images', 'import', '--no-unpack', tarball)
      return imported.code === 0 ? pushTagged(reference) : imported
    },
    pull(reference) {
      pulls += 1
      return pullInto(`${own}-${String(pulls)}`, login, reference)
    },
    pullAs: (user, reference) => pullInto(own, user, reference),
    remove: () => rm(home, { recursive: true, force: true }),
  }
}

function remote(login: Login | undefined): readonly string[] {
  const user = login === undefined ? [] : ['--user', `${login.username}:${login.password}`]
  return ['--plain-http', ...user]
}

/** `AuthConfig` of the CRI. The kubelet fills in `username`, `password` and `auth`. */
export interface AuthConfig {
  readonly username?: string
  readonly password?: string
  readonly auth?: string
  readonly identity_token?: string
}

/** Has containerd pull as the kubelet does: `PullImage` of the CRI's `ImageService`. */
export async function criPull(
  engine: Engine,
  image: string,
  auth?: AuthConfig,
): Promise<RunResult> {
  const { grpcurl } = await installParts(['grpcurl'])
  const request = { image: { image }, ...(auth === undefined ? {} : { auth }) }
  return run(
    grpcurl,
    [
      ...['-plaintext', '-unix', '-max-time', '30', '-d', '@'],
      ...['-import-path', path.join(ROOT, 'test', 'support'), '-proto', 'cri-image.proto'],
      ...[engine.socket, 'runtime.v1.ImageService/PullImage'],
    ],
    { input: JSON.stringify(request) },
  )
}
