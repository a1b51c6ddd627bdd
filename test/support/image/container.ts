import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { unpackedFile } from '../../../tools/parts/from-debian.ts'
import { installParts } from '../../../tools/parts/install.ts'
import { startChild, type Child } from '../../../tools/stack/child.ts'
import { run, type RunResult } from '../run.ts'
import { containerNamespace } from './namespace.ts'

/** What an image says of how it is run. */
export interface ImageConfig {
  readonly User: string
  readonly Env: readonly string[]
  readonly Entrypoint: readonly string[]
  readonly Cmd: readonly string[]
  readonly WorkingDir: string
  readonly StopSignal: string
  readonly Labels: Readonly<Record<string, string>>
  readonly ExposedPorts: Readonly<Record<string, object>>
}

export interface ContainerOptions {
  /** File system of the image. */
  readonly root: string
  readonly config: ImageConfig
  /** In place of the image's own program. */
  readonly entrypoint?: readonly string[]
  /** In place of the image's own command. */
  readonly args?: readonly string[]
  /** In place of the image's own user. */
  readonly user?: { readonly uid: number; readonly gid: number }
  readonly env?: readonly string[]
  /** Folder of this machine that is at the path in the container, to be read only. */
  readonly mounts?: Readonly<Record<string, string>>
}

/**
 * Runs images as a cluster with the restricted pod security does: a user without rights, no capability,
 * none to be gained, and a file system of which nothing can be written. The network is this machine's.
 */
export interface Containers {
  run(options: ContainerOptions): Promise<RunResult>
  start(options: ContainerOptions, logFile: string): Promise<Container>
  remove(): Promise<void>
}

export interface Container {
  readonly child: Child
  /** Sends the image's own signal to its first process, and waits for the end: how it ended. */
  readonly stop: () => Promise<string>
}

export async function createContainers(): Promise<Containers> {
  const { podman } = await installParts(['podman'])
  // With podman's part comes the runtime; where podman is the system's, so is that.
  const crun = podman.includes('podman-')
    ? path.join(path.dirname(podman), unpackedFile('usr/bin/crun'))
    : 'crun'
  const folder = await mkdtemp(path.join(os.tmpdir(), 'rauth-crun-'))
  const [namespace, ...prefix] = await containerNamespace(folder, [crun])
  const state = path.join(folder, 'state')
  const runtime = [...prefix, crun, '--root', state, '--cgroup-manager', 'disabled']

  async function bundle(options: ContainerOptions): Promise<string> {
    const made = await mkdtemp(path.join(folder, 'bundle-'))
    await writeFile(path.join(made, 'config.json'), JSON.stringify(runtimeConfig(options)))
    return made
  }
  const command = async (options: ContainerOptions) => {
    const made = await bundle(options)
    return {
      id: path.basename(made),
      args: [...runtime, 'run', '--bundle', made, path.basename(made)],
    }
  }
  await mkdir(state)
  return {
    async run(options) {
      return run(namespace, (await command(options)).args)
    },
    async start(options, logFile) {
      const { id, args } = await command(options)
      const child = await startChild({ name: 'the container', program: namespace, args, logFile })
      async function stop(): Promise<string> {
        const { StopSignal } = options.config
        await run(namespace, [...runtime, 'kill', id, StopSignal])
        // The first process of a container hears no signal that it does not ask for.
        const patience = setTimeout(() => void child.kill(), PATIENCE)
        const how = await child.ended
        clearTimeout(patience)
        return how
      }
      return { child, stop }
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

/** How long a container may take to end, milliseconds. */
const PATIENCE = 60_000

/** https://github.com/opencontainers/runtime-spec/blob/v1.0.2/config.md */
function runtimeConfig(options: ContainerOptions): object {
  const { root, config, entrypoint, args, user, env, mounts = {} } = options
  const [uid, gid] = config.User.split(':').map(Number)
  const nothing: readonly string[] = []
  return {
    ociVersion: '1.0.2',
    root: { path: root, readonly: true },
    process: {
      user: user ?? { uid, gid },
      cwd: config.WorkingDir,
      args: [...(entrypoint ?? config.Entrypoint), ...(args ?? config.Cmd)],
      env: [...config.Env, ...(env ?? [])],
      noNewPrivileges: true,
      capabilities: {
        ...{ bounding: nothing, effective: nothing, permitted: nothing },
        ...{ inheritable: nothing, ambient: nothing },
      },
    },
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755'] },
      ...Object.entries(mounts).map(([destination, source]) => ({
        ...{ destination, source, type: 'bind' },
        options: ['bind', 'ro', 'nosuid', 'nodev'],
      })),
    ],
    linux: { namespaces: [{ type: 'mount' }, { type: 'pid' }, { type: 'ipc' }, { type: 'uts' }] },
  }
}
