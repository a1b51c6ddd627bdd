import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { craneClient } from './clients.ts'
import { startFront, type Front, type FrontKind } from './fronts.ts'
import { ask, fetchToken, type Answer, type Question } from './http.ts'

/** What team-a asks behind any proxy, and what it must never get: the image `team-b/secret:v1`. */

export const OWN = '/v2/team-a/app/tags/list'
export const SECRET = '/v2/team-b/secret/manifests/v1'
export const FORM = 'application/x-www-form-urlencoded'

/** What its layer holds; it is in no answer to team-a. */
const CANARY = 'canary of team-b'

export interface Target {
  readonly blob: string
  readonly manifest: string
}

/** team-a, with a token for its own, before a proxy that leads to what team-b has. */
export interface Behind {
  readonly front: Front
  readonly token: string
  readonly target: Target
  /** Asks with the token. */
  attempt(path: string, question?: Question): Promise<Answer>
  stop(): Promise<void>
}

export async function startBehind(kind: FrontKind): Promise<Behind> {
  const front = await startFront(kind)
  try {
    const { entry, stack } = front
    const target = await pushCanary(front)
    const scope = 'repository:team-a/app:pull,push,delete'
    const token = await fetchToken(entry, stack.login('team-a'), stack.service, scope)
    return {
      ...{ front, token, target, stop: () => front.stop() },
      attempt: (path, { headers, ...question } = {}) =>
        ask(entry, path, {
          ...question,
          headers: { authorization: `Bearer ${token}`, ...headers },
        }),
    }
  } catch (error) {
    await front.stop()
    throw error
  }
}

/** An image of team-b that was put into the registry past the proxy. */
export async function pushCanary({ stack }: Front): Promise<Target> {
  const image = `localhost:${stack.upstream}/team-b/secret:v1`
  const owner = await craneClient(`localhost:${stack.upstream}`)
  try {
    const pushed = await owner.push(CANARY, image)
    assert.equal(pushed.code, 0, pushed.output)
    const { layers } = JSON.parse((await owner.crane('manifest', image)).stdout) as {
      layers: { digest: string }[]
    }
    const manifest = (await owner.crane('digest', image)).stdout.trim()
    return { blob: layers[0]?.digest ?? assert.fail('no layer'), manifest }
  } finally {
    await owner.remove()
  }
}

/** Fails unless crane, as team-a, pushes and pulls its own, and neither to nor from what is team-b's. */
export async function pushesAndPullsItsOwn({ registry, stack }: Front): Promise<void> {
  const client = await craneClient(registry, stack.login('team-a'))
  try {
    const image = `${registry}/team-a/app:v1`
    // More than the megabyte that nginx lets pass unless it is told otherwise.
    const pushed = await client.push(randomBytes(2_000_000).toString('base64'), image)
    assert.equal(pushed.code, 0, pushed.output)
    const pulled = await client.pull(image)
    assert.equal(pulled.code, 0, pulled.output)
    assert.notEqual((await client.pull(`${registry}/team-b/secret:v1`)).code, 0)
    assert.notEqual((await client.push('evil', `${registry}/team-b/secret:v2`)).code, 0)
  } finally {
    await client.remove()
  }
}

/** What rauth answers when a proxy passes its answers on: method, path, status and code of the registry API. */
export const ANSWERS: readonly (readonly [
  method: string,
  path: string,
  status: number,
  code: string,
])[] = [
  ['GET', '/v2/team-a/other/tags/list', 401, 'UNAUTHORIZED'],
  ['GET', SECRET, 403, 'DENIED'],
  ['GET', '/v2/team-b/secret/tags/list', 403, 'DENIED'],
  ['GET', `${OWN}?x=1`, 400, 'UNSUPPORTED'],
  ['GET', '/v2/nothing', 404, 'NOT_FOUND'],
  ['OPTIONS', OWN, 405, 'UNSUPPORTED'],
]

/** Paths by which somebody might get at what is team-b's. */
export function waysTo({ blob }: Target): readonly string[] {
  return [
    SECRET,
    '/v2/team-b/secret/tags/list',
    `/v2/team-b/secret/blobs/${blob}`,
    '/v2/team-b%2Fsecret/tags/list',
    '/v2/team-b%2fsecret/manifests/v1',
    '/v2/team-b%2Fsecret/manifests/v1',
    '/v2/team%2Db/secret/tags/list',
    '/v2/team%2Db/secret/manifests/v1',
    '/%76%32/team-b/secret/tags/list',
    '/%76%32/team-b/secret/manifests/v1',
    '/v2/team-a/../team-b/secret/tags/list',
    '/v2/team-a/../team-b/secret/manifests/v1',
    '/v2/team-a/%2e%2e/team-b/secret/tags/list',
    '/v2/team-a/%2e%2e/team-b/secret/manifests/v1',
    '/v2/team-a/..%2fteam-b/secret/tags/list',
    '/v2/team-a/..;/team-b/secret/tags/list',
    '/v2//team-b/secret/tags/list',
    '/v2//team-b/secret/manifests/v1',
    '//v2/team-b/secret/tags/list',
    '//v2/team-b/secret/manifests/v1',
    '/token/../v2/team-b/secret/tags/list',
    '/token/../v2/team-b/secret/manifests/v1',
    '/token/%2e%2e/v2/team-b/secret/tags/list',
    '/token/..%2fv2/team-b/secret/tags/list',
    '/v2/../token?service=x',
    '/v2/./team-b/secret/tags/list',
    '/v2/./team-b/secret/manifests/v1',
    '/v2/team-b//secret/tags/list',
    '/v2\\team-b\\secret\\tags\\list',
    '/v2/team-b/secret/tags/list/',
    '/v2/team-b/secret/tags/list?x=/v2/team-a/',
    '/v2/team-b/secret/tags/list;/v2/team-a/app/tags/list',
    '/v2/team-b/secret/tags/list%3F/v2/team-a/app/tags/list',
    '/v2/team-b/secret/tags/list%23/v2/team-a/app/tags/list',
    '/v2/team-b/secret/tags/list#/v2/team-a/app/tags/list',
    'http://localhost/v2/team-b/secret/tags/list',
    'http://localhost/v2/team-a/../team-b/secret/tags/list',
    '/V2/team-b/secret/tags/list',
    '/rauth',
    `/v2/team-a/app/blobs/${blob}`,
  ]
}

/** Fails when an answer gave something of team-b's, or might have; who gets none got nothing. */
export async function getsNothing(
  asked: string,
  answering: Promise<Answer>,
): Promise<Answer | undefined> {
  const answer = await answering.catch(() => undefined)
  if (answer === undefined) return undefined
  assert.ok(answer.status >= 300, `${asked}: ${answer.status} ${answer.body}`)
  assert.doesNotMatch(answer.body, /canary|secret|team-b/, asked)
  return answer
}
