import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { SignJWT } from 'jose'
import type { Api } from './api.ts'
import type { ControlPlane } from './control-plane.ts'

/** `iss` of the tokens of a control plane. */
export const CLUSTER_ISSUER = 'https://kubernetes.default.svc'

interface Meta {
  readonly metadata: { readonly name: string; readonly uid: string }
}

export interface AccountOfCluster {
  readonly namespace: string
  readonly name: string
}

const pathOf = ({ namespace, name }: AccountOfCluster) =>
  `/api/v1/namespaces/${namespace}/serviceaccounts/${name}`

export async function createAccount(
  api: Api,
  { namespace, name }: AccountOfCluster,
): Promise<void> {
  const { status } = await api.send('POST', '/api/v1/namespaces', { metadata: { name: namespace } })
  if (status !== 201 && status !== 409) throw new Error(`namespace ${namespace}: ${status}`)
  await api.expect('POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, {
    metadata: { name },
  })
}

export async function deleteAccount(api: Api, account: AccountOfCluster): Promise<void> {
  await api.expect('DELETE', pathOf(account))
}

/** A token as `kubectl create token` has it made; without audiences for the API server itself. */
export async function requestToken(
  api: Api,
  account: AccountOfCluster,
  audiences: readonly string[] = [],
  bound?: { readonly kind: 'Pod' | 'Secret' } & Meta,
  expirationSeconds = 600,
): Promise<string> {
  const boundObjectRef = bound && {
    ...{ kind: bound.kind, apiVersion: 'v1', name: bound.metadata.name, uid: bound.metadata.uid },
  }
  const { status } = await api.expect('POST', `${pathOf(account)}/token`, {
    spec: { expirationSeconds, audiences, ...(bound && { boundObjectRef }) },
  })
  return (status as { token: string }).token
}

/** A pod that no node will ever run. */
export async function createPod(api: Api, { namespace, name }: AccountOfCluster) {
  const made = await api.expect('POST', `/api/v1/namespaces/${namespace}/pods`, {
    metadata: { name: `${name}-pod` },
    spec: { serviceAccountName: name, containers: [{ name: 'x', image: 'x' }] },
  })
  return { ...(made as unknown as Meta), kind: 'Pod' } as const
}

export async function createSecret(api: Api, { namespace, name }: AccountOfCluster, more = {}) {
  const made = await api.expect('POST', `/api/v1/namespaces/${namespace}/secrets`, {
    metadata: { name: `${name}-secret` },
    ...more,
  })
  return { ...(made as unknown as Meta), kind: 'Secret' } as const
}

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** The claims of a token, and its header. */
export function partsOf(
  token: string,
): readonly [header: object, claims: Readonly<Record<string, unknown>>] {
  const [header, claims] = token
    .split('.', 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as object)
  return [header ?? {}, (claims ?? {}) as Readonly<Record<string, unknown>>]
}

/** A good token with other claims, signed with the key of the cluster, or with one of nobody's. */
export function signAgain(
  cluster: Pick<ControlPlane, 'serviceAccountKey'>,
  token: string,
  claims: object,
  key: 'cluster' | 'other' = 'cluster',
): Promise<string> {
  const [header, before] = partsOf(token)
  return new SignJWT({ ...before, ...claims })
    .setProtectedHeader({ ...header, alg: 'ES256' })
    .sign(key === 'cluster' ? createPrivateKey(cluster.serviceAccountKey) : otherKey())
}

/** The same with its signature left as it was. */
export function tamper(token: string, claims: object): string {
  const [header = '', , signature = ''] = token.split('.')
  return `${header}.${encoded({ ...partsOf(token)[1], ...claims })}.${signature}`
}

function otherKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
}

/**
 * A token of a ServiceAccount as Kubernetes made them before 1.24: in a Secret, for no audience and without an end.
 * `good`: any other of its tokens.
 */
export async function makeLegacy(
  cluster: Pick<ControlPlane, 'api' | 'serviceAccountKey'>,
  account: AccountOfCluster,
  good: string,
): Promise<string> {
  const { metadata } = (await cluster.api.expect('GET', pathOf(account))) as unknown as Meta
  const secret = `${account.name}-secret`
  const of = (key: string) => `kubernetes.io/serviceaccount/${key}`
  const token = await signAgain(cluster, good, {
    ...{ iss: 'kubernetes/serviceaccount', 'kubernetes.io': undefined },
    ...{ aud: undefined, exp: undefined, iat: undefined, nbf: undefined, jti: undefined },
    [of('namespace')]: account.namespace,
    [of('secret.name')]: secret,
    [of('service-account.name')]: account.name,
    [of('service-account.uid')]: metadata.uid,
  })
  await createSecret(cluster.api, account, {
    type: 'kubernetes.io/service-account-token',
    metadata: {
      name: secret,
      annotations: { 'kubernetes.io/service-account.name': account.name },
    },
    stringData: { token },
  })
  return token
}
