import { createSecretKey } from 'node:crypto'
import { createPasswordHasher } from '../../../src/credentials/password.ts'
import { readSecret } from '../../../src/credentials/secret/secret-format.ts'
import type { Observed, ObservedSecret, Which } from '../../../src/control/observed.ts'
import { Redacted } from '../../../src/redacted.ts'
import type { ControlSettings, PlanContext } from '../../../src/control/settings.ts'
import { MANAGED_BY, MANAGER, OWNED, OWNER } from '../../../src/control/marks.ts'

export const NAMESPACE = 'team-a'
export const REGISTRY = 'registry.example'

/** 2026-11-24T12:00:00Z */
export const NOW = 1_795_521_600

export const SETTINGS: ControlSettings = {
  ...{ secretName: 'registry-credentials', pullSecretName: 'registry-pull-secret' },
  ...{ registries: [REGISTRY], publishAhead: 0, overlap: 600, serviceAccounts: [], adopt: false },
  whenUnmanaged: 'keep',
}

const hasher = createPasswordHasher(Buffer.alloc(32, 1))
const reading = {
  secretName: SETTINGS.secretName,
  hasher,
  bindingKey: createSecretKey(Buffer.alloc(32, 2)),
}

/** Passwords of a context are `canary-1`, `canary-2`, … in the order in which they are made. */
export function contextOf(settings: Partial<ControlSettings> = {}): (now: number) => PlanContext {
  let made = 0
  return (now) => ({
    ...{ settings: { ...SETTINGS, ...settings }, reading, now },
    newPassword: () => new Redacted(`canary-${(made += 1)}`),
  })
}

export const EMPTY: Observed = {
  ...{ namespace: NAMESPACE, managed: true, credentials: undefined, pull: undefined },
  accounts: {},
}

export type SecretParts = Partial<Omit<ObservedSecret, 'data'>> & {
  readonly data?: Readonly<Record<string, string>>
}

const base64 = (text: string) => Buffer.from(text).toString('base64')

/** One that somebody else made. */
export function foreign(type: string, { data = {}, ...parts }: SecretParts = {}): ObservedSecret {
  const encoded = Object.entries(data).map(([key, value]) => [key, base64(value)] as const)
  return {
    ...{ uid: 'uid', version: '1', type, immutable: false, deleting: false },
    ...{ labels: {}, annotations: {} },
    ...parts,
    data: new Redacted(Object.fromEntries(encoded)),
  }
}

/** One of rauth's. */
export function own(type: string, parts: SecretParts = {}): ObservedSecret {
  const labels = { [MANAGED_BY]: MANAGER, ...parts.labels }
  return foreign(type, { ...parts, labels, annotations: { [OWNER]: OWNED, ...parts.annotations } })
}

/** The values of a Secret in the clear. */
export function valuesOf(secret: ObservedSecret | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(secret?.data.reveal() ?? {}).map(([key, value]) => [
      key,
      Buffer.from(String(value), 'base64').toString(),
    ]),
  )
}

/** What the pull Secret says for the registry. */
export function pullLogin({ pull }: Observed): { username: string; password: string } | undefined {
  const text = valuesOf(pull)['.dockerconfigjson']
  if (text === undefined) return undefined
  const { auths } = JSON.parse(text) as {
    auths: Record<string, { username: string; password: string }>
  }
  const found = auths[REGISTRY]
  return found && { username: found.username, password: found.password }
}

/** Whether rauth itself would let that login in at a time, by the credential Secret that there is. */
export function letsIn(
  { credentials, namespace }: Observed,
  login: { readonly username: string; readonly password: string },
  now: number,
): boolean {
  if (credentials === undefined) return false
  const metadata = { name: SETTINGS.secretName, namespace }
  const read = readSecret(
    { apiVersion: 'v1', kind: 'Secret', metadata, data: credentials.data.reveal() },
    reading,
  )
  if (read.kind !== 'credentials') return false
  return read.credentials.some(
    ({ username, secret, notAfter = Infinity, notBefore = -Infinity }) =>
      username === login.username &&
      secret.kind === 'keyed' &&
      secret.hash.equals(hasher.hash(login.password)) &&
      notBefore <= now &&
      now < notAfter,
  )
}

export type { Which }
