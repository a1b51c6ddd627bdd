import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { installParts } from '../../tools/parts/install.ts'
import { findOnPath } from '../../tools/parts/program.ts'
import { homeWith, layer, type Client, type IdentityToken, type Login } from './clients.ts'
import { run, runOrThrow, type RunResult } from './run.ts'

/** skopeo, podman and buildah: one library, containers/image, with files and flags in common. */

const PLAIN_HTTP = '--tls-verify=false'

export interface ContainersHome {
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  /** Global options that name a store with nothing in it. */
  freshStore(): Promise<readonly string[]>
}

/** Everything that these clients read and write, in a folder that goes. */
export async function containersHome(
  registry: string,
  login?: Login | IdentityToken,
): Promise<ContainersHome> {
  const folder = await homeWith(registry, login)
  const file = (name: string) => path.join(folder, name)
  await mkdir(file('.config/containers/registries.d'), { recursive: true })
  await mkdir(file('tmp'))
  const policy = { default: [{ type: 'insecureAcceptAnything' }] }
  await writeFile(file('.config/containers/policy.json'), JSON.stringify(policy))
  await writeFile(file('registries.conf'), 'short-name-mode = "disabled"\n')
  // vfs and one owner for all: nothing is mounted, so that it needs no privilege.
  await writeFile(
    file('storage.conf'),
    `[storage]
driver = "vfs"
graphroot = "${file('store')}"
runroot = "${file('store-run')}"
[storage.options]
ignore_chown_errors = "true"
`,
  )
  await writeFile(
    file('containers.conf'),
    `[engine]
cgroup_manager = "cgroupfs"
events_logger = "none"
runtime = "crun"
tmp_dir = "${file('engine')}"
volume_path = "${file('volumes')}"
[network]
network_backend = "cni"
network_config_dir = "${file('networks')}"
`,
  )
  return {
    folder,
    env: {
      ...{ HOME: folder, TMPDIR: file('tmp'), XDG_RUNTIME_DIR: folder },
      ...{ XDG_CONFIG_HOME: file('.config'), XDG_DATA_HOME: file('data') },
      ...{ XDG_CACHE_HOME: file('cache'), BUILDAH_ISOLATION: 'chroot' },
      REGISTRY_AUTH_FILE: file('config.json'),
      CONTAINERS_REGISTRIES_CONF: file('registries.conf'),
      CONTAINERS_STORAGE_CONF: file('storage.conf'),
      CONTAINERS_CONF: file('containers.conf'),
      // What root's clients know of blobs is else kept in /var/lib, for the whole machine.
      ...(process.getuid?.() === 0 ? { _CONTAINERS_ROOTLESS_UID: '1' } : {}),
    },
    async freshStore() {
      const store = await mkdtemp(file('store-'))
      return ['--root', path.join(store, 'root'), '--runroot', path.join(store, 'run')]
    },
  }
}

/** What the three do alike. */
function commandsOf(program: string, registry: string, { folder, env }: ContainersHome) {
  return {
    run: (...args: readonly string[]) => run(program, args, { env }),
    login: ({ username, password }: Login): Promise<RunResult> => {
      const args = ['login', PLAIN_HTTP, '-u', username, '--password-stdin', registry]
      return run(program, args, { env, input: password })
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

export async function skopeoClient(
  registry: string,
  login?: Login | IdentityToken,
): Promise<Client> {
  const programs = await installParts(['crane', 'skopeo'])
  const home = await containersHome(registry, login)
  const skopeo = commandsOf(programs.skopeo, registry, home)
  return {
    name: 'skopeo',
    login: skopeo.login,
    async push(content, reference) {
      const archive = path.join(await mkdtemp(path.join(home.folder, 'image-')), 'image.tar')
      const image = ['-f', await layer(home.folder, content), '-t', 'local/image:v1', '-o', archive]
      await runOrThrow(programs.crane, ['append', ...image])
      const flag = '--dest-tls-verify=false'
      return skopeo.run('copy', flag, `docker-archive:${archive}`, `docker://${reference}`)
    },
    async pull(reference) {
      const folder = await mkdtemp(path.join(home.folder, 'pulled-'))
      return skopeo.run('copy', '--src-tls-verify=false', `docker://${reference}`, `dir:${folder}`)
    },
    remove: skopeo.remove,
  }
}

/** As root, or as anybody: podman then makes a user namespace with one user in it. */
export async function podmanClient(
  registry: string,
  login?: Login | IdentityToken,
): Promise<Client> {
  const { podman: program } = await installParts(['podman'])
  const home = await containersHome(registry, login)
  const podman = commandsOf(program, registry, home)
  return {
    name: 'podman',
    login: podman.login,
    async push(content, reference) {
      const tarball = await layer(home.folder, content)
      await runOrThrow(program, ['import', '--quiet', tarball, reference], { env: home.env })
      return podman.run('push', PLAIN_HTTP, reference)
    },
    pull: async (reference) =>
      podman.run(...(await home.freshStore()), 'pull', PLAIN_HTTP, reference),
    remove: podman.remove,
  }
}

/** As root, or as somebody who has newuidmap and newgidmap and a range in /etc/subuid. */
export async function buildahClient(
  registry: string,
  login?: Login | IdentityToken,
): Promise<Client> {
  const { buildah: program } = await installParts(['buildah'])
  if (process.getuid?.() !== 0 && (await findOnPath(['newuidmap'], process.env)).length === 0) {
    throw new Error(
      'buildah can not run here: it needs root, or newuidmap (Debian: uidmap) and a range for this ' +
        'user in /etc/subuid and /etc/subgid',
    )
  }
  const home = await containersHome(registry, login)
  const buildah = commandsOf(program, registry, home)
  const prepare = async (...args: readonly string[]) =>
    (await runOrThrow(program, args, { env: home.env })).stdout.trim()
  return {
    name: 'buildah',
    login: buildah.login,
    async push(content, reference) {
      const container = await prepare('from', 'scratch')
      await prepare('add', '--quiet', container, await layer(home.folder, content), '/')
      const image = await prepare('commit', '--quiet', '--rm', container)
      return buildah.run('push', PLAIN_HTTP, image, `docker://${reference}`)
    },
    pull: async (reference) =>
      buildah.run(...(await home.freshStore()), 'pull', PLAIN_HTTP, `docker://${reference}`),
    remove: buildah.remove,
  }
}
