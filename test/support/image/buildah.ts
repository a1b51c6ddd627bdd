import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { installParts } from '../../../tools/parts/install.ts'
import type { Login } from '../clients.ts'
import { containersHome } from '../containers.ts'
import { run, runOrThrow, type RunResult } from '../run.ts'
import { imageBases, NODE } from './bases.ts'
import { containerNamespace } from './namespace.ts'

/** The repository, from dist/test/support/image. */
const ROOT = path.resolve(import.meta.dirname, '../../../..')

/** A real buildah with a store of its own, in which the two bases are. */
export interface Builder {
  /** Builds the repository's Dockerfile, all of it, for this machine. */
  build(tag: string): Promise<void>
  /** To a registry that speaks plain HTTP, with the login. */
  push(tag: string, reference: string): Promise<RunResult>
  /** As an OCI layout, into a folder that must not exist. */
  save(tag: string, folder: string): Promise<void>
  remove(): Promise<void>
}

/** What images are for here. */
export const MACHINE = process.arch === 'x64' ? 'amd64' : process.arch

/** Milliseconds that a build may take where npm's registry is slow. */
const PATIENCE = 480_000

const BUILDER = 'localhost/builder'
const RUNTIME = 'localhost/runtime'

const SYSTEM_PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

export async function createBuilder(registry: string, login?: Login): Promise<Builder> {
  const { buildah: program } = await installParts(['buildah'])
  const bases = await imageBases()
  const { folder, env: home } = await containersHome(registry, login)
  const [namespace, ...prefix] = await containerNamespace(folder, [program])
  const inNamespace = [...prefix, program]
  // Layers that are mounted over each other, where that can be, since files need not be copied then.
  const overlay = { ...home, STORAGE_DRIVER: 'overlay' }
  const { code } = await run(namespace, [...inNamespace, 'images'], { env: overlay })
  const env = code === 0 ? overlay : home
  const buildah = (...args: readonly string[]) =>
    runOrThrow(namespace, [...inNamespace, ...args], { env, timeout: PATIENCE })

  /** An image of the file system; `settings` are options of `buildah config`. */
  async function base(root: string, name: string, settings: readonly string[]): Promise<void> {
    const container = (await buildah('from', 'scratch')).stdout.trim()
    await buildah('add', '--quiet', container, root, '/')
    await buildah('config', '--env', SYSTEM_PATH, ...settings, container)
    await buildah('commit', '--quiet', '--rm', '--timestamp', '0', container, name)
  }

  await base(bases.builder, BUILDER, [])
  await base(bases.runtime, RUNTIME, [
    ...['--user', '65532', '--workingdir', '/home/nonroot'],
    ...['--entrypoint', JSON.stringify([NODE])],
  ])
  const npmrc = path.join(folder, 'npmrc')
  await writeFile(npmrc, await npmConfiguration())

  return {
    async build(tag) {
      await buildah(
        ...['bud', '--platform', `linux/${MACHINE}`, '--timestamp', '0'],
        // Newer ones know it by themselves.
        ...['--build-arg', `BUILDPLATFORM=linux/${MACHINE}`],
        ...['--build-arg', `BUILDER=${BUILDER}`, '--build-arg', `RUNTIME=${RUNTIME}`],
        ...['--secret', `id=npmrc,src=${npmrc}`, '--tag', tag, ROOT],
      )
    },
    push: (tag, reference) =>
      run(namespace, [...inNamespace, 'push', '--tls-verify=false', tag, `docker://${reference}`], {
        env,
      }),
    save: async (tag, to) => {
      await buildah('push', '--quiet', tag, `oci:${to}`)
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

/** Where npm of this machine has its packages from. */
async function npmConfiguration(): Promise<string> {
  const { stdout } = await runOrThrow('npm', ['config', 'get', 'registry'], { cwd: ROOT })
  return [
    `registry=${stdout.trim()}`,
    'cafile=/etc/ssl/certs/ca-certificates.crt',
    'update-notifier=false',
    '',
  ].join('\n')
}
