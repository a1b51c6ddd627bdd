import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkResponse, httpAnswer } from '../../../../src/adapters/ext-authz/check-response.ts'
import type { CheckDecision } from '../../../../src/check-access.ts'
import { accepted, REASONS, refusalKind, refused, type Refusal } from '../../../../src/refusal.ts'

const WHERE = { realm: 'https://localhost:5080/token', service: 'internal-registry.io' }
const START = 'Bearer realm="https://localhost:5080/token",service="internal-registry.io"'
const SCOPE = 'repository:team-a/app:pull'
const IDENTITY = { 'x-rauth-account': 'team-a', 'x-rauth-namespace': 'team-a' }

const allowed: CheckDecision = {
  decision: 'id-1',
  result: accepted({ headers: IDENTITY, removeQuery: [] }),
}

const denied = (reason: Refusal['reason'], extra: Omit<Refusal, 'reason'> = {}): CheckDecision => ({
  decision: 'id-1',
  result: refused(reason, extra),
})

/** The answer by gRPC and by HTTP, which must be one. */
function answer(decision: CheckDecision) {
  const overHttp = httpAnswer(decision, WHERE)
  const { status, denied } = checkResponse(decision, WHERE, [])
  assert.deepEqual(denied, overHttp)
  return { ...overHttp, code: status.code }
}

describe('an allowed decision', () => {
  it('sets who asked, over whatever the client sent, and says nothing to the client', () => {
    const response = checkResponse(allowed, WHERE, [])
    assert.equal(response.status.code, 0)
    assert.deepEqual(response.ok?.headers, IDENTITY)
    assert.deepEqual(response.ok.headersToRemove, [])
    assert.equal('denied' in response, false)
  })

  it('removes what it is told to, but never what it sets: Envoy removes last', () => {
    const remove = ['x-rauth-account', 'x-rauth-other', 'content-type']
    const response = checkResponse(allowed, WHERE, remove)
    assert.deepEqual(response.ok?.headersToRemove, ['x-rauth-other', 'content-type'])
  })

  it('takes query parameters away, and does not pass where the answer has no word for that', () => {
    const result = accepted({ headers: IDENTITY, removeQuery: ['mount'] })
    const response = checkResponse({ decision: 'id-1', result }, WHERE, [])
    assert.deepEqual(response.ok?.queryParametersToRemove, ['mount'])
    assert.equal(httpAnswer({ decision: 'id-1', result }, WHERE).status, 503)
  })

  it('is a 200 without body over HTTP, which no cache keeps', () => {
    assert.deepEqual(httpAnswer(allowed, WHERE), {
      status: 200,
      headers: { ...IDENTITY, 'cache-control': 'no-store' },
      body: '',
    })
  })
})

describe('a refusal', () => {
  for (const reason of REASONS) {
    const { http, grpc, code, message } = refusalKind(reason)

    it(`${reason} is ${String(http)} with the registry's error, never an allowance`, () => {
      const { status, headers, body, code: rpc } = answer(denied(reason))
      assert.equal(status, http)
      assert.equal(rpc, grpc)
      assert.notEqual(rpc, 0)
      assert.equal('ok_response' in checkResponse(denied(reason), WHERE, ['a']), false)
      assert.deepEqual(JSON.parse(body), {
        errors: [{ code, message, detail: { reason, decision: 'id-1' } }],
      })
      assert.equal(headers['content-type'], 'application/json')
      assert.equal(headers['docker-distribution-api-version'], 'registry/2.0')
      assert.equal(headers['cache-control'], 'no-store')
      assert.equal('www-authenticate' in headers, http === 401)
      assert.equal('retry-after' in headers, http === 503)
    })
  }

  const CHALLENGES: readonly (readonly [decision: CheckDecision, challenge: string])[] = [
    [denied('token_missing'), START],
    [denied('token_missing', { scope: '' }), START],
    [denied('token_missing', { scope: SCOPE }), `${START},scope="${SCOPE}"`],
    [denied('token_invalid', { scope: SCOPE }), `${START},scope="${SCOPE}",error="invalid_token"`],
    [
      denied('credential_revoked', { scope: SCOPE }),
      `${START},scope="${SCOPE}",error="invalid_token"`,
    ],
    [
      denied('scope_insufficient', { scope: `${SCOPE} repository:team-b/app:pull` }),
      `${START},scope="${SCOPE} repository:team-b/app:pull",error="insufficient_scope"`,
    ],
    // After an error containerd 1.x gives the push up instead of the mount.
    [denied('mount_denied', { scope: SCOPE }), `${START},scope="${SCOPE}"`],
  ]
  for (const [decision, challenge] of CHALLENGES) {
    it(`challenges with ${challenge.slice(START.length) || 'the realm alone'}`, () => {
      assert.equal(answer(decision).headers['www-authenticate'], challenge)
    })
  }

  it('says when to come back if it could not decide', () => {
    for (const reason of ['not_ready', 'internal'] as const) {
      const { status, headers, code } = answer(denied(reason))
      assert.equal(status, 503)
      assert.equal(code, 14)
      assert.match(headers['retry-after'] ?? '', /^[1-9]$/)
    }
  })

  it('keeps the detail for the log', () => {
    for (const reason of REASONS) {
      const response = checkResponse(denied(reason, { detail: 'CANARY' }), WHERE, [])
      assert.doesNotMatch(JSON.stringify(response), /CANARY/)
    }
  })
})
