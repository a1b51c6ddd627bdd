import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { loadKeySet } from '../../../src/adapters/file/key-files.ts'
import { initializeKeys } from '../../../src/adapters/file/key-maker.ts'
import { createCheckAccess, type CheckAccess } from '../../../src/check-access.ts'
import type { DecisionEvent } from '../../../src/event.ts'
import { OWN_NAMESPACE } from '../../../src/policy/policy.ts'
import type { Access } from '../../../src/registry/access.ts'
import { createIssuer } from '../../../src/token/issuer.ts'
import { createVerifier } from '../../../src/token/verifier.ts'

export const WHERE = { realm: 'https://localhost:5080/token', service: 'internal-registry.io' }
export const CHALLENGE =
  'Bearer realm="https://localhost:5080/token",service="internal-registry.io"'
export const PROTOS = path.resolve(import.meta.dirname, '../../../../proto')
export const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`

export interface TestGateway {
  readonly checkAccess: CheckAccess
  readonly events: DecisionEvent[]
  /** Whether the credentials are loaded. */
  ready: boolean
  /** A token of team-a, for its repository team-a/app if nothing else is said. */
  token(access?: Access): Promise<string>
}

/** The real second flow over real keys; only the credentials stand in memory. */
export async function createTestGateway(): Promise<TestGateway> {
  const directory = await mkdtemp(path.join(tmpdir(), 'rauth-gateway-'))
  await initializeKeys({ directory, algorithm: 'ES256', now: new Date() })
  const keys = await loadKeySet(directory, new Date())
  await rm(directory, { recursive: true })

  const clock = () => Date.now() / 1000
  const issuer = createIssuer({ keys, x5c: true })
  const reference = { id: 'team-a/registry-credentials', generation: 'one' }
  const credential = {
    ...{ ...reference, namespace: 'team-a', username: 'team-a' },
    passwordHash: Buffer.alloc(32),
  }
  const events: DecisionEvent[] = []
  const gateway: TestGateway = {
    events,
    ready: true,
    async token(access = [resource('team-a/app', 'delete', 'pull', 'push')]) {
      const issuedAt = Math.floor(clock())
      const { token } = await issuer.sign({
        ...{ issuer: 'rauth', subject: 'team-a', audience: WHERE.service, id: randomUUID() },
        ...{ issuedAt, notBefore: issuedAt, expiresAt: issuedAt + 300, access },
        ...{ namespaces: ['team-a'], credentials: [reference] },
      })
      return token
    },
    checkAccess: createCheckAccess({
      ...{ timer: () => performance.now(), newId: randomUUID, policy: () => OWN_NAMESPACE },
      record: (event) => void events.push(event),
      store: {
        ready: () => gateway.ready,
        byUsername: () => [],
        byId: (id) => (id === reference.id ? credential : undefined),
      },
      verifier: createVerifier({
        ...{ keys, issuer: 'rauth', audiences: [WHERE.service], clock },
        ...{ leeway: 10, maxLifetime: 300, cacheSize: 100 },
      }),
    }),
  }
  return gateway
}

export function resource(name: string, ...actions: string[]) {
  return { type: 'repository', name, actions }
}

/** Method, target, what a token of team-a for team-a/app gets there. */
export const DECISIONS: readonly (readonly [method: string, target: string, status: number])[] = [
  ['GET', '/v2/', 200],
  ['GET', '/v2', 200],
  ['HEAD', '/v2/team-a/app/manifests/v1', 200],
  ['GET', '/v2/team-a/app/tags/list?n=10', 200],
  ['GET', `/v2/team-a/app/blobs/${DIGEST}?ns=docker.io`, 200],
  ['GET', `/v2/team-a/app/manifests/${DIGEST.replace(':', '%3A')}`, 200],
  ['DELETE', '/v2/team-a/app/manifests/v1', 200],
  ['GET', '/v2/team-a/other/tags/list', 401],
  ['GET', '/v2/team-b/app/tags/list', 403],
  ['GET', '/v2/team-a-evil/app/tags/list', 403],
  ['GET', '/v2/_catalog', 403],
  ['GET', '/v2/_catalog/', 404],
  ['GET', '/v2/team-a/app/../../team-b/app/tags/list', 400],
  ['GET', '/v2/team-a/%2e%2e/team-b/app/tags/list', 400],
  ['GET', '/v2/team-b%2Fapp/tags/list', 400],
  ['GET', '/v2/team-a%2fapp/tags/list', 400],
  ['GET', '//v2/team-a/app/tags/list', 404],
  ['GET', '/v2//team-a/app/tags/list', 400],
  ['GET', '/v2/team-a/app/tags/list?from=team-b/app', 400],
  ['GET', '/v2/team-a/app/tags/list?n=1&n=2', 400],
  ['GET', '/v2/team-a\\app/tags/list', 400],
  ['GET', '/v2/team-a/app/tags/list#x', 400],
  ['GET', 'http://localhost/v2/team-a/app/tags/list', 400],
  ['GET', '*', 400],
  ['OPTIONS', '/v2/team-a/app/tags/list', 405],
  ['TRACE', '/v2/team-a/app/tags/list', 405],
]
