import { person, SERVICE, startFlows } from '../../support/flows.ts'

export const WHERE = { realm: 'https://localhost:5080/token', service: SERVICE }
/** What else a gateway over gRPC is told. */
export const PLAIN = { realms: new Map<string, string>(), stripAuthorization: false }
export const CHALLENGE = `Bearer realm="https://localhost:5080/token",service="${SERVICE}"`
export const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`

/** Both flows with the one credential of team-a, and a token of it for team-a/app. */
export async function createTestGateway() {
  const flows = startFlows([person('team-a', 'canary')])
  const scope = 'repository:team-a/app:delete,pull,push'
  const token = await flows.tokenFor('team-a', 'canary', scope)
  flows.events.length = 0
  return { ...flows, token }
}

export type TestGateway = Awaited<ReturnType<typeof createTestGateway>>

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
