import type { RunResult } from '../run.ts'
import { criPull, type AuthConfig } from '../containerd.ts'
import type { Engine } from '../engine.ts'
import type { Api } from '../kubernetes/api.ts'
import type { Kubelet } from '../kubelet.ts'

export interface PodName {
  readonly namespace: string
  readonly name: string
}

interface PulledPod {
  readonly spec: {
    readonly nodeName?: string
    readonly imagePullSecrets?: readonly { readonly name: string }[]
    readonly containers: readonly { readonly image: string }[]
  }
}

/** What a scheduler and a kubelet do with a pod until its image is there, or is not. */
export interface PodPulls {
  /** Has a real containerd pull by each login that the kubelet has for the pod, in its order, until one is let in. */
  readonly pull: (pod: PodName) => Promise<{ readonly logins: number; readonly pulled: RunResult }>
}

/** `kubelet`: that of a node which has a credential provider. */
export function podPulls(api: Api, node: string, engine: Engine, kubelet?: Kubelet): PodPulls {
  async function bind({ namespace, name }: PodName): Promise<void> {
    const target = { apiVersion: 'v1', kind: 'Node', name: node }
    const body = { apiVersion: 'v1', kind: 'Binding', metadata: { name }, target }
    await api.expect('POST', `/api/v1/namespaces/${namespace}/pods/${name}/binding`, body)
  }

  async function secretLogins(namespace: string, { spec }: PulledPod): Promise<AuthConfig[]> {
    const image = spec.containers[0]?.image ?? ''
    const found: AuthConfig[] = []
    for (const { name } of spec.imagePullSecrets ?? []) {
      const { body, status } = await api.send(
        'GET',
        `/api/v1/namespaces/${namespace}/secrets/${name}`,
      )
      // A kubelet goes on without one that is not there.
      if (status === 404) continue
      const text = (body['data'] as Readonly<Record<string, string>>)['.dockerconfigjson'] ?? ''
      const { auths } = JSON.parse(Buffer.from(text, 'base64').toString()) as {
        auths: Readonly<Record<string, AuthConfig>>
      }
      const [, login] = Object.entries(auths).find(([host]) => image.startsWith(`${host}/`)) ?? []
      if (login?.username !== undefined && login.password !== undefined) {
        found.push({ username: login.username, password: login.password })
      }
    }
    return found
  }

  return {
    async pull(named) {
      await bind(named)
      const pod = (await api.expect(
        'GET',
        `/api/v1/namespaces/${named.namespace}/pods/${named.name}`,
      )) as unknown as PulledPod
      const image = pod.spec.containers[0]?.image ?? ''
      const logins = [
        ...(await secretLogins(named.namespace, pod)),
        ...(kubelet === undefined ? [] : await kubelet.untilCredentialsFor(named, image)),
      ]
      let pulled = await criPull(engine, image, logins[0])
      for (const login of logins.slice(1)) {
        if (pulled.code !== 0) pulled = await criPull(engine, image, login)
      }
      return { logins: logins.length, pulled }
    },
  }
}
