import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../../tools/stack/ports.ts'
import { withOperationsPort } from '../chart/installation.ts'
import type { Json } from './api.ts'
import type { ControlPlane } from './control-plane.ts'
import type { KubernetesNode, Pod, PodSpec } from './node.ts'
import { writeStatus } from './status.ts'

/** What acts on the objects of a cluster beside rauth. */
export interface Controllers {
  /** The pod that runs for a Deployment. Throws where there is none. */
  pod(deployment: string): Pod
  /** Ends all pods. Throws what went wrong. */
  stop(): Promise<void>
}

interface Deployment {
  readonly metadata: { readonly name: string; readonly generation: number }
  readonly spec: {
    readonly replicas: number
    readonly template: { readonly metadata: Json; readonly spec: PodSpec }
  }
}

/** Between two looks, milliseconds: each asks the API server for every file that is mounted anywhere. */
const LOOK = 150

/**
 * What a cluster does of itself: gives each namespace its ServiceAccount `default` and the CA of the API server; runs one
 * pod for each Deployment of one namespace, another one when its template changes, and says so in its status; and
 * brings what is mounted up to date at each look, which a kubelet does every minute.
 */
export function startControllers(
  { api, authority }: ControlPlane,
  node: KubernetesNode,
  namespace: string,
): Controllers {
  const deployments = `/apis/apps/v1/namespaces/${namespace}/deployments`
  const given = new Set<string>()
  const pods = new Map<string, { readonly pod: Pod; readonly template: string }>()
  let stopped = false

  async function lookAtNamespaces(): Promise<void> {
    const { items } = (await api.expect('GET', '/api/v1/namespaces')) as {
      items: readonly { metadata: { name: string; uid: string } }[]
    }
    for (const { metadata } of items) {
      if (given.has(metadata.uid)) continue
      given.add(metadata.uid)
      const at = `/api/v1/namespaces/${metadata.name}`
      await api.send('POST', `${at}/serviceaccounts`, { metadata: { name: 'default' } })
      await api.send('POST', `${at}/configmaps`, {
        ...{ metadata: { name: 'kube-root-ca.crt' }, data: { 'ca.crt': authority } },
      })
    }
  }

  async function lookAtDeployments(): Promise<void> {
    const { items } = (await api.expect('GET', deployments)) as { items: readonly Deployment[] }
    const names = items.map(({ metadata }) => metadata.name)
    for (const [name, { pod }] of pods) {
      if (names.includes(name)) continue
      await pod.stop()
      pods.delete(name)
    }
    await Promise.all(items.map(bringUp))
    await Promise.all([...pods.values()].map(({ pod }) => pod.sync().catch(() => undefined)))
  }

  async function bringUp({ metadata: { name, generation }, spec }: Deployment): Promise<void> {
    const template = spec.replicas === 0 ? '' : JSON.stringify(spec.template)
    const before = pods.get(name)
    if (before?.template === template || (before === undefined && template === '')) return
    // All pods have the ports of this one machine: the next one waits for the one before.
    await before?.pod.stop()
    pods.delete(name)
    if (template !== '') {
      const moved = withOperationsPort(spec.template.spec, await freePort())
      pods.set(name, { pod: await node.start(namespace, moved), template })
    }
    const { replicas } = spec
    const counts = { replicas, updatedReplicas: replicas, readyReplicas: replicas }
    const status = { observedGeneration: generation, ...counts, availableReplicas: replicas }
    await writeStatus(api, `${deployments}/${name}`, status)
  }

  async function act(): Promise<void> {
    while (!stopped) {
      await lookAtNamespaces()
      await lookAtDeployments()
      await sleep(LOOK)
    }
  }
  let failure: unknown
  const acting = act().catch((thrown: unknown) => {
    failure = thrown
  })
  return {
    pod(deployment) {
      const found = pods.get(deployment)
      if (found === undefined) throw new Error(`no pod of ${deployment}`, { cause: failure })
      return found.pod
    },
    async stop() {
      stopped = true
      await acting
      await Promise.all([...pods.values()].map(({ pod }) => pod.stop()))
      if (failure !== undefined) throw new Error('the controllers gave up', { cause: failure })
    },
  }
}
