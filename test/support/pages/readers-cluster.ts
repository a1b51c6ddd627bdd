import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { stringify } from 'yaml'
import { installParts } from '../../../tools/parts/install.ts'
import { createPortPicker, freePort } from '../../../tools/stack/ports.ts'
import { chartImages } from '../chart/images.ts'
import { NAMESPACE } from '../chart/installation.ts'
import { startDockerd, type Engine } from '../engine.ts'
import { SELDOM_COLLECTING } from '../go.ts'
import { startControllers, type Controllers } from '../kubernetes/controllers.ts'
import { startControlPlane, type ControlPlane } from '../kubernetes/control-plane.ts'
import { startJobController, type JobController } from '../kubernetes/jobs.ts'
import { kubeconfig } from '../kubernetes/kubeconfig.ts'
import { createNode, type KubernetesNode } from '../kubernetes/node.ts'
import { ROOT } from '../pages.ts'
import { walkPage, type Walk } from './walk.ts'

/** An empty cluster, and a reader with its kubeconfig, kubectl, helm, docker, a clone of this repository and rauth. */
export interface ReadersCluster {
  readonly cluster: ControlPlane
  readonly node: KubernetesNode
  readonly jobs: JobController
  readonly controllers: Controllers
  readonly docker: Engine
  readonly home: string
  /** Where the pages say `localhost:30500`. */
  readonly port: number
  walk(page: string): Walk
  stop(): Promise<void>
}

/** Ports of nodes, which is what Kubernetes gives Services of the type NodePort, and `freePort` gives below 32000. */
const NODE_PORTS = 30_000

/** `from`: a cluster whose docker and port this one has, once the other runs no pods any more. */
export async function startReadersCluster(from?: ReadersCluster): Promise<ReadersCluster> {
  const cleanUp: (() => Promise<void>)[] = []
  const stop = async () => {
    for (const one of cleanUp.reverse()) await one()
  }
  try {
    const cluster = await startControlPlane({ nodes: true, accounts: true })
    cleanUp.push(() => cluster.stop())
    const node = await createNode(cluster, await chartImages())
    cleanUp.push(() => node.stop())
    const jobs = startJobController(cluster.api, node, NAMESPACE)
    cleanUp.push(() => jobs.stop())
    const controllers = startControllers(cluster, node, NAMESPACE)
    cleanUp.push(() => controllers.stop())
    const docker = from?.docker ?? (await startDockerd())
    if (from === undefined) cleanUp.push(() => docker.stop())
    const home = await mkdtemp(path.join(os.tmpdir(), 'rauth-reader-'))
    cleanUp.push(() => rm(home, { recursive: true, force: true }))
    const port = from?.port ?? (await nodePort())
    const env = await furnish(home, { cluster, docker, port })
    const walk = (page: string) => walkPage({ page, home, env, replace: { 30500: String(port) } })
    return { cluster, node, jobs, controllers, docker, home, port, walk, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function nodePort(): Promise<number> {
  for (;;) {
    const port = await freePort()
    if (port >= NODE_PORTS) return port
  }
}

interface Surroundings {
  readonly cluster: ControlPlane
  readonly docker: Engine
  readonly port: number
}

/** What the reader has, and its environment. */
async function furnish(home: string, { cluster, docker, port }: Surroundings) {
  const at = (name: string) => path.join(home, name)
  await writeFile(at('kubeconfig'), kubeconfig(cluster, cluster.administrator), { mode: 0o600 })
  await writeFile(at('loopback.yaml'), stringify(await loopback(port)))
  for (const name of ['charts', 'examples', 'kustomize', 'docs']) {
    await symlink(path.join(ROOT, name), at(name))
  }
  await mkdir(at('bin'))
  const { kubectl, helm, crane, docker28 } = await installParts([
    ...(['kubectl', 'helm', 'crane', 'docker28'] as const),
  ])
  await symlink(kubectl, at('bin/kubectl'))
  await symlink(crane, at('bin/crane'))
  await symlink(docker28, at('bin/docker'))
  await symlink(path.join(ROOT, 'dist/rauth.js'), at('bin/rauth'))
  // Pods have the ports of this machine.
  const wrapper = `#!/bin/sh
case "$1" in
  install | upgrade) exec ${helm} "$@" -f ${at('loopback.yaml')} ;;
  *) exec ${helm} "$@" ;;
esac
`
  await writeFile(at('bin/helm'), wrapper)
  await chmod(at('bin/helm'), 0o755)
  return {
    ...{ HOME: home, KUBECONFIG: at('kubeconfig'), TMPDIR: home },
    PATH: `${at('bin')}:${path.dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
    ...{ DOCKER_CONFIG: at('docker'), DOCKER_HOST: `unix://${docker.socket}` },
    ...SELDOM_COLLECTING,
    ...{ DOCKER_CONTEXT: '', DOCKER_TLS_VERIFY: '', DOCKER_CONTENT_TRUST: '' },
  }
}

/** Values that put all pods on ports of this machine that are free; Envoy where its Service's node port is. */
async function loopback(envoy: number) {
  const pick = createPortPicker([envoy])
  const port = async () => pick(await freePort())
  return {
    // Nobody waits for endpoints to change.
    config: { port: await port(), drainDelay: '1s' },
    gateway: { port: await port(), httpPort: await port() },
    operations: { port: await port() },
    envoy: { port: envoy, preStopSeconds: 0 },
    registry: { port: await port() },
  }
}
