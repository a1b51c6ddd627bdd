import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { untilReady, type Child } from '../../../tools/stack/child.ts'
import { until } from '../until.ts'
import type { Api, Json } from './api.ts'
import type { ControlPlane } from './control-plane.ts'
import { startContainer, type Image } from './container.ts'
import { answersTo, type Probe } from './probe.ts'
import { createVolumes, type Volume, type VolumeOwner } from './volumes.ts'

interface Container {
  readonly name: string
  readonly image: string
  readonly args?: readonly string[]
  readonly workingDir?: string
  readonly env?: readonly EnvironmentVariable[]
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[]
  readonly readinessProbe?: Probe
  readonly volumeMounts?: readonly {
    readonly name: string
    readonly mountPath: string
    readonly readOnly?: boolean
  }[]
}

interface EnvironmentVariable {
  readonly name: string
  readonly value?: string
  readonly valueFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string } }
}

/** Of a pod's spec what a kubelet acts by. */
export interface PodSpec {
  readonly serviceAccountName?: string
  readonly containers: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly volumes?: readonly Volume[]
}

export interface Pod {
  child(container: string): Child
  log(container: string): Promise<string>
  /** Whether a container sees a file, or a folder, in what is mounted for it. */
  has(container: string, file: string): boolean
  /** What the kubelet does every minute: brings the volumes up to date. */
  sync(): Promise<void>
  /** Asks all of it to end; the containers that had to be made to. */
  stop(): Promise<readonly string[]>
}

/** A node without a scheduler: runs pods on loopback, by the images that it was given. */
export interface KubernetesNode {
  /** What is on the volumes that outlive pods, a folder below that of its namespace each. */
  readonly claims: string
  /** Runs what a pod's template says until it is ready; rejects when a part of it ends before. */
  start(namespace: string, spec: PodSpec): Promise<Pod>
  /** Runs it to its end; how each container ended, and what they said. */
  complete(namespace: string, spec: PodSpec): Promise<{ ok: boolean; output: string }>
  /** Ends all that runs. */
  stop(): Promise<void>
}

/** Milliseconds until what a pod mounts must be there. */
const GIVEN_LIMIT = 20_000

/** How long a container may take to end when it is asked to, milliseconds: rauth drains, and a busy machine is late. */
const PATIENCE: Readonly<Record<string, number>> = { rauth: 30_000, registry: 30_000 }

/** `images`: by the last part of their repositories. */
export async function createNode(
  cluster: ControlPlane,
  images: Readonly<Record<string, Image>>,
): Promise<KubernetesNode> {
  const { api } = cluster
  const home = await mkdtemp(path.join(os.tmpdir(), 'rauth-node-'))
  const claims = path.join(home, 'claims')
  const volumes = createVolumes(api)
  const running = new Set<Pod>()
  let pods = 0

  /** As a kubelet does, which tries again until what a pod is given is there: others make it in the same moment. */
  async function patiently<T>(what: string, give: () => Promise<T>): Promise<T> {
    let given: { readonly value: T } | undefined
    let problem: unknown
    await until(what, GIVEN_LIMIT, () =>
      give().then(
        (value) => ((given = { value }), true),
        (error: unknown) => ((problem = error), false),
      ),
    ).catch(() => undefined)
    if (given === undefined) throw problem
    return given.value
  }

  async function create(namespace: string, spec: PodSpec) {
    const folder = path.join(home, `pod-${String((pods += 1))}`)
    const owner = { namespace, serviceAccountName: spec.serviceAccountName ?? 'default' }
    const hosts = await servicesOf(api, namespace)
    const volumeFolder = (name: string) =>
      // Of a claim it is the same for every pod.
      spec.volumes?.find((one) => one.name === name)?.persistentVolumeClaim === undefined
        ? path.join(folder, 'volumes', name)
        : path.join(claims, namespace, name)
    async function sync(): Promise<void> {
      for (const volume of spec.volumes ?? []) {
        await volumes.place(volume, owner, volumeFolder(volume.name))
      }
    }
    async function run(container: Container): Promise<Child> {
      const at = path.join(folder, container.name)
      await mkdir(at, { recursive: true })
      const image = images[imageName(container.image)]
      if (image === undefined) throw new Error(`no image is called ${container.image}`)
      const { args = [], workingDir = '/', volumeMounts = [] } = container
      return startContainer({
        ...{ name: container.name, folder: at, hosts, args, workingDir },
        image,
        env: await patiently('the environment', () =>
          environmentOf(api, owner, container.env ?? [], cluster),
        ),
        mounts: volumeMounts.map(({ name, mountPath, readOnly = false }) => {
          return { source: volumeFolder(name), target: mountPath, readOnly }
        }),
      })
    }
    await patiently('what is mounted', sync)
    return {
      run,
      sync,
      folderOf: volumeFolder,
      log: (name: string) => readFile(path.join(folder, name, 'log'), 'utf8'),
    }
  }

  async function prepare(namespace: string, spec: PodSpec) {
    const pod = await create(namespace, spec)
    for (const one of spec.initContainers ?? []) {
      const how = await (await pod.run(one)).ended
      if (how !== 'exit code 0') throw new Error(`${one.name}: ${how}: ${await pod.log(one.name)}`)
    }
    return pod
  }

  async function start(namespace: string, spec: PodSpec): Promise<Pod> {
    const made = await prepare(namespace, spec)
    const children = new Map<string, Child>()
    const pod: Pod = {
      child: (name) => children.get(name) ?? missing(name),
      log: made.log,
      sync: made.sync,
      has: (name, file) =>
        (spec.containers.find((one) => one.name === name)?.volumeMounts ?? []).some(
          ({ mountPath, name: volume }) =>
            mountPath === file ||
            (file.startsWith(`${mountPath}/`) &&
              existsSync(path.join(made.folderOf(volume), file.slice(mountPath.length)))),
        ),
      async stop() {
        running.delete(pod)
        const killed = [...children].map(async ([name, child]) => {
          return (await child.stop(PATIENCE[name])) ? [] : [name]
        })
        return (await Promise.all(killed)).flat()
      },
    }
    running.add(pod)
    for (const one of spec.containers) children.set(one.name, await made.run(one))
    for (const { name, readinessProbe, ports = [] } of spec.containers) {
      if (readinessProbe === undefined) continue
      await untilReady(pod.child(name), () => answersTo(readinessProbe, ports))
    }
    return pod
  }

  return {
    claims,
    start,
    async complete(namespace, spec) {
      const logs: string[] = []
      try {
        const pod = await prepare(namespace, spec)
        for (const { name } of spec.initContainers ?? []) logs.push(await pod.log(name))
        let ok = true
        for (const one of spec.containers) {
          ok = (await (await pod.run(one)).ended) === 'exit code 0' && ok
          logs.push(await pod.log(one.name))
        }
        return { ok, output: logs.join('') }
      } catch (error) {
        return { ok: false, output: `${logs.join('')}${String(error)}` }
      }
    },
    async stop() {
      for (const pod of [...running]) await pod.stop()
      await rm(home, { recursive: true, force: true })
    },
  }
}

function imageName(image: string): string {
  return image.replace(/[:@][^/]*$/, '').replace(/^.*\//, '')
}

function missing(name: string): never {
  throw new Error(`no container ${name}`)
}

/** DNS names of a namespace's Services. */
async function servicesOf(api: Api, namespace: string): Promise<readonly string[]> {
  const { items } = (await api.expect('GET', `/api/v1/namespaces/${namespace}/services`)) as {
    items: readonly { metadata: { name: string } }[]
  }
  return items.map(({ metadata }) => `${metadata.name}.${namespace}.svc.cluster.local`)
}

async function environmentOf(
  api: Api,
  { namespace }: VolumeOwner,
  variables: readonly EnvironmentVariable[],
  { port }: ControlPlane,
): Promise<Record<string, string>> {
  const environment: Record<string, string> = {
    KUBERNETES_SERVICE_HOST: '127.0.0.1',
    KUBERNETES_SERVICE_PORT: String(port),
  }
  for (const { name, value, valueFrom } of variables) {
    if (valueFrom === undefined) environment[name] = value ?? ''
    else {
      const { secretKeyRef } = valueFrom
      const at = `/api/v1/namespaces/${namespace}/secrets/${secretKeyRef.name}`
      const data = (await api.expect('GET', at))['data'] as Json
      const text = data[secretKeyRef.key]
      if (typeof text !== 'string') throw new Error(`${at} has no ${secretKeyRef.key}`)
      environment[name] = Buffer.from(text, 'base64').toString('utf8')
    }
  }
  return environment
}
