import fc from 'fast-check'
import type { Observed } from '../../../src/control/observed.ts'
import { foreign, own, REGISTRY } from './world.ts'

const DOCKER = 'kubernetes.io/dockerconfigjson'

const texts = (keys: readonly string[]) =>
  fc.dictionary(
    fc.constantFrom(...keys),
    fc.constantFrom('true', 'now', 'rauth', 'Helm', 'controller', '2026-01-01T00:00:00Z', 'x'),
    { maxKeys: 4 },
  )

const values = fc.dictionary(
  fc.constantFrom(
    ...['username', 'password', 'passwordHash', 'previousPassword', 'previousPasswordNotAfter'],
    ...['notAfter', 'entries', 'actions', 'Password', 'other'],
  ),
  fc.constantFrom('team-a', '', 'canary-0', 'x', '2027-01-01T00:00:00Z', '[]', 'pull', '\u0007'),
  { maxKeys: 6 },
)

const configs = fc.constantFrom(
  '{"auths":{}}',
  '{',
  '[]',
  `{"auths":{"${REGISTRY}":{"username":"team-a","password":"canary-0"}},"credHelpers":{}}`,
  '{"auths":{"docker.io":{"auth":"eDp5"}}}',
)

const anySecret = (data: fc.Arbitrary<Record<string, string>>, types: readonly string[]) =>
  fc
    .record({
      ...{ data, type: fc.constantFrom(...types), isOwn: fc.boolean() },
      immutable: fc.boolean(),
      labels: texts(['app.kubernetes.io/managed-by', 'a']),
      annotations: texts([
        ...['rauth.dev/owner', 'rauth.dev/rotate', 'rauth.dev/adopt', 'rauth.dev/rotated-at'],
        ...['rauth.dev/conditions', 'rauth.dev/registries', 'rauth.dev/unmanaged-since'],
      ]),
    })
    .map(({ isOwn, type, ...parts }) => (isOwn ? own(type, parts) : foreign(type, parts)))

/** All that a namespace may be found as, whoever made of it what it is. */
export const anyObserved: fc.Arbitrary<Observed> = fc.record({
  namespace: fc.constant('team-a'),
  managed: fc.boolean(),
  credentials: fc.option(anySecret(values, ['Opaque']), { nil: undefined }),
  pull: fc.option(
    anySecret(
      configs.map((text) => ({ '.dockerconfigjson': text })),
      [DOCKER, 'Opaque'],
    ),
    { nil: undefined },
  ),
  accounts: fc.record({
    default: fc.option(
      fc.record({
        ...{ uid: fc.constant('a'), version: fc.constant('1') },
        pullSecrets: fc.subarray(['theirs', 'registry-pull-secret']),
      }),
      { nil: undefined },
    ),
  }),
})

export const anySettings = fc.record({
  adopt: fc.boolean(),
  whenUnmanaged: fc.constantFrom('keep' as const, 'delete' as const),
})
