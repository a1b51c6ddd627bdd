import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formatTokenResponse } from '../../../../src/adapters/token-http/token-response.ts'
import type { TokenGrant } from '../../../../src/issue-token.ts'
import { accepted, REASONS, refusalKind, refused } from '../../../../src/refusal.ts'

const REALM = 'https://registry.test/token'
const GRANT: TokenGrant = {
  token: 'a.b.c',
  expiresIn: 300,
  issuedAt: 1_700_000_000,
  access: [{ type: 'repository', name: 'team-a/app', actions: ['pull'] }],
}

const parse = (body: string) => JSON.parse(body) as Record<string, unknown>

describe('formatTokenResponse', () => {
  const granted = formatTokenResponse({ decision: 'id-1', result: accepted(GRANT) }, REALM, false)

  it('gives the token under both names, with an integer and an RFC 3339 time', () => {
    assert.equal(granted.status, 200)
    assert.deepEqual(parse(granted.body), {
      token: 'a.b.c',
      access_token: 'a.b.c',
      expires_in: 300,
      issued_at: '2023-11-14T22:13:20Z',
    })
  })

  it('says to a POST what was granted, RFC 6749 §5.1, and that may be nothing', () => {
    for (const [access, scope] of [
      [GRANT.access, 'repository:team-a/app:pull'],
      [[], ''],
    ] as const) {
      const result = accepted({ ...GRANT, access })
      const { body } = formatTokenResponse({ decision: 'id-1', result }, REALM, true)
      assert.deepEqual(parse(body), { ...parse(granted.body), token_type: 'Bearer', scope })
    }
  })

  it('holds a refresh token only if there is one', () => {
    const result = accepted({ ...GRANT, refreshToken: 'd.e.f' })
    const { body } = formatTokenResponse({ decision: 'id-1', result }, REALM, false)
    assert.deepEqual(parse(body), { ...parse(granted.body), refresh_token: 'd.e.f' })
  })

  it('lets nobody keep it', () => {
    assert.deepEqual(granted.headers, {
      'Cache-Control': 'no-store',
      Pragma: 'no-cache',
      'Content-Type': 'application/json',
      'X-Content-Type-Options': 'nosniff',
    })
  })

  for (const reason of REASONS) {
    const { http, code, message, oauth } = refusalKind(reason)
    const result = refused(reason, { detail: 'canary', scope: 'canary' })
    const { status, headers, body } = formatTokenResponse({ decision: 'id-1', result }, REALM, true)

    it(`${reason}: says it to docker and to OAuth clients alike`, () => {
      const { error_description: description, ...rest } = parse(body)
      assert.equal(status, http)
      assert.deepEqual(rest, {
        errors: [{ code, message, detail: { reason, decision: 'id-1' } }],
        error: oauth,
      })
      // RFC 6749 §5.2: no quotation mark, no backslash.
      assert.match(String(description), /^[\x20\x21\x23-\x5b\x5d-\x7e]{8,}$/)
    })

    it(`${reason}: asks for credentials on a 401 and for patience on a 503, else for neither`, () => {
      assert.equal(
        headers['WWW-Authenticate'],
        status === 401 ? `Basic realm="${REALM}", charset="UTF-8"` : undefined,
      )
      assert.equal(headers['Retry-After'], status === 503 ? '2' : undefined)
      assert.equal(headers['Cache-Control'], 'no-store')
      assert.equal(headers['Content-Type'], 'application/json')
    })
  }

  it('keeps what is for the log out of the answer', () => {
    const result = refused('credentials_invalid', { detail: 'canary', scope: 'canary' })
    const answer = formatTokenResponse({ decision: 'id-1', result }, REALM, true)
    assert.doesNotMatch(JSON.stringify(answer), /canary/)
  })
})
