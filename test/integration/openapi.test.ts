import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import { refusalKind, REASONS } from '../../src/refusal.ts'
import { ask, basic, type Question } from '../support/http.ts'
import { operations, type Operation } from '../support/openapi.ts'
import { SERVICE, startServing, type Serving } from '../support/serving.ts'

const LOGIN = { username: 'team-a', password: 'a long random text' }
const OPERATIONS = operations()
/** Requests of each operation. */
const TRIES = 60

/** What a parameter or a field is given: what means something, and what does not. */
const values = fc.oneof(
  fc.constantFrom(SERVICE, 'repository:team-a/app:pull', 'registry:catalog:*', 'password', 'true'),
  fc.constantFrom('refresh_token', 'offline', LOGIN.username, LOGIN.password, '100', '', 'keys'),
  fc.string({ maxLength: 40, unit: 'binary' }),
)

const logins = fc.constantFrom(
  undefined,
  basic(LOGIN.username, LOGIN.password),
  basic(LOGIN.username, 'wrong'),
  'Bearer a.b.c',
  'Basic %',
)

/** Requests of an operation, each with some of its parameters. */
function requestsOf({ path, method, parameters, fields }: Operation) {
  const given = (names: readonly string[]) =>
    fc.array(fc.tuple(fc.constantFrom(...names, 'unknown'), values), { maxLength: 6 })
  const query = given(parameters.filter((one) => one.in === 'query').map(({ name }) => name))
  return fc
    .record({ query, form: given(fields), id: fc.uuid(), authorization: logins })
    .map(({ query: asked, form, id, authorization }): readonly [string, Question] => {
      const text = new URLSearchParams(asked).toString()
      const target = `${path.replace('{id}', id)}${text === '' ? '' : `?${text}`}`
      const headers = authorization === undefined ? {} : { authorization }
      if (method === 'get') return [target, { headers }]
      const type = { 'content-type': 'application/x-www-form-urlencoded' }
      const body = new URLSearchParams(form).toString()
      return [target, { method: 'POST', headers: { ...headers, ...type }, body }]
    })
}

describe('docs/openapi.yaml', () => {
  let serving: Serving
  before(async () => {
    serving = await startServing({
      logins: [LOGIN],
      config: {
        token: { refresh: { enabled: true } },
        guessing: { failures: 0, perNetwork: 0 },
      },
    })
  })
  after(() => serving.stop())

  for (const operation of OPERATIONS) {
    const { path, method, forCluster } = operation
    it(`${method} ${path} answers as it says, whatever it is asked`, async () => {
      const port = forCluster ? serving.operations : serving.token
      await fc.assert(
        fc.asyncProperty(requestsOf(operation), async ([target, question]) => {
          assert.equal(operation.flawOf(await ask(port, target, question)), undefined)
        }),
        { numRuns: TRIES },
      )
    })
  }

  it('has the answers that are wanted, too', async () => {
    const [get, post] = ['get', 'post'].map((wanted) =>
      OPERATIONS.find(({ path, method }) => path === '/token' && method === wanted),
    )
    const scope = 'repository:team-a/app:pull'
    const query = new URLSearchParams({ service: SERVICE, scope, offline_token: 'true' }).toString()
    const headers = { authorization: basic(LOGIN.username, LOGIN.password) }
    const answer = await ask(serving.token, `/token?${query}`, { headers })
    assert.deepEqual([answer.status, get?.flawOf(answer)], [200, undefined])
    const form = { ...LOGIN, grant_type: 'password', service: SERVICE, client_id: 'test', scope }
    const granted = await ask(serving.token, '/token', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form).toString(),
    })
    assert.deepEqual([granted.status, post?.flawOf(granted)], [200, undefined])
    assert.notEqual(get?.flawOf({ ...answer, body: '{}' }), undefined)
    assert.notEqual(get?.flawOf({ ...answer, status: 418 }), undefined)
  })

  it('knows every code and status of a refusal of the token port', () => {
    const [token] = OPERATIONS
    for (const reason of REASONS) {
      const { http: status, code } = refusalKind(reason)
      // No answer of GET or POST, or not of this port.
      if ([404, 405].includes(status)) continue
      const error = { code, message: 'm', detail: { reason, decision: 'd' } }
      const body = JSON.stringify({ errors: [error] })
      const headers = { 'content-type': 'application/json' }
      assert.equal(token?.flawOf({ status, headers, body }), undefined, reason)
    }
  })
})
