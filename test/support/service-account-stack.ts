import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { ask, basic } from './http.ts'
import { createAccount, requestToken, type AccountOfCluster } from './kubernetes/account-tokens.ts'
import { startControlPlane, type ControlPlane } from './kubernetes/control-plane.ts'
import { kubeconfig } from './kubernetes/kubeconfig.ts'
import { rightsOf } from './kubernetes/rights.ts'
import { startStack, type Stack, type StackOptions } from './stack.ts'
import { until } from './until.ts'

/** Of the examples: what tokens for rauth are for. */
export const AUDIENCE = 'registry.example'

/** A cluster and a registry before which rauth knows the cluster's ServiceAccounts, besides its Secrets. */
export interface ServiceAccountStack {
  readonly cluster: ControlPlane
  readonly stack: Stack
  stop(): Promise<void>
}

export interface ServiceAccountStackOptions extends Pick<StackOptions, 'registry' | 'envoy'> {
  readonly accounts: readonly AccountOfCluster[]
  /** A policy file. */
  readonly policy?: string
}

/** Milliseconds until the API server must act by the rights of rauth. */
const EFFECT_LIMIT = 30_000

export async function startServiceAccountStack({
  accounts,
  policy,
  ...options
}: ServiceAccountStackOptions): Promise<ServiceAccountStack> {
  const home = await mkdtemp(path.join(os.tmpdir(), 'rauth-accounts-'))
  const file = (name: string) => path.join(home, name)
  const cluster = await startControlPlane({ nodes: true })
  let stack: Stack | undefined
  async function stop(): Promise<void> {
    await stack?.stop()
    await cluster.stop()
    await rm(home, { recursive: true, force: true })
  }
  try {
    await cluster.api.expect('POST', '/api/v1/namespaces', { metadata: { name: 'rauth' } })
    for (const account of accounts) await createAccount(cluster.api, account)
    const identity = await rightsOf(cluster.api, 'rbac-serviceaccounts.yaml')
    await writeFile(file('kubeconfig'), kubeconfig(cluster, identity), { mode: 0o600 })
    if (policy !== undefined) await writeFile(file('policy.yaml'), policy)
    stack = await startStack({
      ...{ ...options, registryAuth: true },
      environment: {
        ...(policy === undefined ? {} : { RAUTH_POLICY_FILE: file('policy.yaml') }),
        RAUTH_CREDENTIALS_SOURCE: 'directory',
        RAUTH_CREDENTIALS_KUBERNETES_KUBECONFIG: file('kubeconfig'),
      },
      settings: { identity: [{ serviceAccounts: { audience: AUDIENCE } }, { secrets: {} }] },
    })
    const { token: port, service } = stack
    await until('rauth may ask for reviews', EFFECT_LIMIT, async () => {
      const [account] = accounts
      if (account === undefined) return true
      const password = await requestToken(cluster.api, account, [AUDIENCE])
      const headers = { authorization: basic('serviceaccount', password) }
      return (await ask(port, `/token?service=${service}`, { headers })).status === 200
    })
    return { cluster, stack, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
