import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { installParts } from '../../tools/parts/install.ts'
import { startChild, untilReady, type Child } from '../../tools/stack/child.ts'
import { run } from './run.ts'

/**
 * What engines need to run in: a mount namespace of their own, for which one must be root or may be
 * root in a user namespace. In it `/run` is empty, since dockerd puts things there whatever it is
 * told, and what they mount goes when they do.
 */
const NAMESPACE = [...(process.getuid?.() === 0 ? [] : ['--map-root-user']), '--mount']
const EMPTY_RUN = ['sh', '-c', 'mount -t tmpfs tmpfs /run && exec "$0" "$@"']

/** How long it may take to end when it is asked to, milliseconds: longer than on a busy machine. */
const PATIENCE = 60_000

/** The longest name of a socket that Linux takes. */
const SOCKET_LIMIT = 107

/** A real engine with all that it writes in a folder that goes with it. */
export interface Engine {
  readonly socket: string
  readonly log: string
  stop(): Promise<void>
}

interface EngineOptions {
  readonly name: string
  readonly program: string
  /** Its configuration file and arguments, for a folder and the socket in it. */
  readonly setUp: (folder: string, socket: string) => Promise<readonly string[]>
  readonly environment?: (folder: string) => Promise<Readonly<Record<string, string>>>
  readonly ready: (socket: string) => Promise<boolean>
}

async function startEngine(options: EngineOptions): Promise<Engine> {
  const { name, program } = options
  const folder = await mkdtemp(path.join(os.tmpdir(), 'rauth-engine-'))
  const socket = path.join(folder, `${name}.sock`)
  const log = path.join(folder, 'log')
  let child: Child | undefined
  async function stop(): Promise<void> {
    const obeyed = await child?.stop(PATIENCE)
    await rm(folder, { recursive: true, force: true })
    if (obeyed === false) throw new Error(`${name} did not stop when asked`)
  }
  try {
    if (socket.length > SOCKET_LIMIT) {
      throw new Error(`${socket} is too long for a socket; next: set TMPDIR to a shorter path`)
    }
    const args = await options.setUp(folder, socket)
    child = await startChild({
      name: `${name} (needs root, or user namespaces)`,
      program: 'unshare',
      args: [...NAMESPACE, ...EMPTY_RUN, program, ...args],
      env: (await options.environment?.(folder)) ?? {},
      logFile: log,
    })
    await untilReady(child, () => options.ready(socket))
  } catch (error) {
    await stop()
    throw error
  }
  return { socket, log, stop }
}

/** containerd with its CRI service; registries on loopback are spoken to by plain HTTP. */
export async function startContainerd(): Promise<Engine> {
  const { containerd: program, ctr } = await installParts(['containerd', 'ctr'])
  return startEngine({
    name: 'containerd',
    program,
    async setUp(folder, socket) {
      const at = (name: string) => JSON.stringify(path.join(folder, name))
      const config = `
        version = 2
        root = ${at('root')}
        state = ${at('state')}
        [grpc]
          address = ${JSON.stringify(socket)}
        [plugins."io.containerd.internal.v1.opt"]
          path = ${at('opt')}
        # Else what one namespace of containerd has, another need not pull.
        [plugins."io.containerd.metadata.v1.bolt"]
          content_sharing_policy = "isolated"
        [plugins."io.containerd.grpc.v1.cri".containerd]
          snapshotter = "native"
        [plugins."io.containerd.grpc.v1.cri".cni]
          conf_dir = ${at('cni')}
        [plugins."io.containerd.grpc.v1.cri".registry]
          config_path = ${at('registries')}
      `
      await writeFile(path.join(folder, 'config.toml'), config)
      return ['--config', path.join(folder, 'config.toml')]
    },
    ready: async (socket) => (await run(ctr, ['--address', socket, 'version'])).code === 0,
  })
}

/** A Docker engine 20.10, and the containerd that it needs. */
export async function startDockerd(): Promise<Engine> {
  const containerd = await startContainerd()
  try {
    const dockerd = await startDockerdOn(containerd)
    async function stop(): Promise<void> {
      await dockerd.stop().finally(() => containerd.stop())
    }
    return { ...dockerd, stop }
  } catch (error) {
    await containerd.stop()
    throw error
  }
}

async function startDockerdOn(containerd: Engine): Promise<Engine> {
  const { dockerd: program, docker20 } = await installParts(['dockerd', 'docker20'])
  return startEngine({
    name: 'dockerd',
    program,
    async setUp(folder, socket) {
      const at = (name: string) => path.join(folder, name)
      // The one path that has no option.
      const config = { 'deprecated-key-path': at('key.json') }
      await writeFile(at('config.json'), JSON.stringify(config))
      return [
        ...['--config-file', at('config.json'), '--host', `unix://${socket}`],
        ...['--data-root', at('data'), '--exec-root', at('exec'), '--pidfile', at('pid')],
        ...['--containerd', containerd.socket, '--storage-driver', 'vfs'],
        ...['--bridge', 'none', '--iptables=false', '--ip6tables=false'],
      ]
    },
    environment: async (folder) => {
      // It must find a runc at its start, which no push and no pull runs.
      const programs = path.join(folder, 'programs')
      await mkdir(programs)
      await writeFile(path.join(programs, 'runc'), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
      return { PATH: [process.env['PATH'], programs].join(path.delimiter) }
    },
    ready: async (socket) =>
      (await run(docker20, ['--host', `unix://${socket}`, 'images'])).code === 0,
  })
}
