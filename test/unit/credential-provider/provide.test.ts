import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { provideCredentials } from '../../../src/credential-provider/provide.ts'
import { MAX_REQUEST, parseRequest } from '../../../src/credential-provider/request.ts'
import { RauthError } from '../../../src/errors.ts'
import { Redacted } from '../../../src/redacted.ts'
import {
  AUDIENCE,
  REFUSED,
  REGISTRY,
  requestWith,
  SIGNATURE,
  TAKEN,
  tokenWith,
} from '../../support/credential-requests.ts'

const TERMS = { registries: [REGISTRY], audience: AUDIENCE }
const NOW = 1_800_000_000

const hiddenAnswerTo = (document: string | Uint8Array, now = Date.now() / 1000) =>
  provideCredentials(parseRequest(Buffer.from(document)), TERMS, now)

const answerTo = (document: string | Uint8Array, now?: number) =>
  JSON.parse(hiddenAnswerTo(document, now).reveal()) as {
    readonly cacheDuration: string
    readonly auth: Readonly<Record<string, object>>
  }

const refusal = (ask: () => unknown): RauthError => {
  try {
    ask()
  } catch (thrown) {
    if (thrown instanceof RauthError) return thrown
    throw thrown
  }
  return assert.fail('it was answered')
}

describe('provideCredentials', () => {
  for (const [what, document] of TAKEN) {
    it(`takes a request ${what}`, () => {
      assert.deepEqual(Object.keys(answerTo(document).auth), [REGISTRY])
    })
  }

  for (const [what, document, said] of REFUSED) {
    it(`refuses ${what}`, () => {
      const { code, message } = refusal(() => answerTo(document))
      assert.equal(code, 'ERR_REFUSED')
      assert.match(message, said)
      assert.ok(!message.includes(SIGNATURE))
    })
  }

  it('counts bytes, not characters', () => {
    const note = 'ö'.repeat(MAX_REQUEST / 2)
    assert.match(refusal(() => answerTo(requestWith({ note }))).message, /more than 1048576 bytes/)
  })

  it('takes no other characters for what it knows', () => {
    for (const image of [
      `${REGISTRY}\u2028/app`,
      `regi\u017ftry.example:5000/app`,
      `\ufeff${REGISTRY}/app`,
    ]) {
      const { message } = refusal(() => answerTo(requestWith({ image })))
      assert.match(message, /no token for the image/)
      assert.doesNotMatch(message, /[\u2028\ufeff]/)
    }
    assert.match(refusal(() => answerTo(`\ufeff${requestWith()}`)).message, /no JSON document/)
    const bytes = Buffer.concat([Buffer.from(requestWith().trimEnd()), Buffer.from([0xff])])
    assert.match(refusal(() => answerTo(bytes)).message, /no JSON document/)
  })

  it('shows what a token is for so that it moves no cursor, and not all of it', () => {
    const aud = `\u001b[2J${'a'.repeat(300)}`
    const document = requestWith({ serviceAccountToken: tokenWith({ aud }) })
    const { message } = refusal(() => answerTo(document))
    assert.match(message, /it is for "\\u001b\[2Ja{96}", and "rauth" alone/)
  })

  it('lets the kubelet keep what it gives until a minute before the end of the token', () => {
    const kept = (exp: number, now: number) =>
      answerTo(requestWith({ serviceAccountToken: tokenWith({ exp }) }), now).cacheDuration
    const rows: readonly (readonly [left: number, kept: string])[] = [
      [3600, '3540s'],
      [61.5, '1s'],
      [60, '0s'],
      [1, '0s'],
    ]
    for (const [left, expected] of rows) assert.equal(kept(NOW, NOW - left), expected)
    assert.match(refusal(() => kept(NOW, NOW)).message, /it ended at 2027-01-15T08:00:00Z/)
  })

  it('holds the token so that nothing prints it before it is answered', () => {
    const request = parseRequest(Buffer.from(requestWith()))
    assert.ok(request.serviceAccountToken instanceof Redacted)
    assert.ok(!JSON.stringify(request).includes(SIGNATURE))
  })

  it('answers so that nothing prints the token but who writes the answer', () => {
    const answer = hiddenAnswerTo(requestWith())
    assert.ok(answer.reveal().includes(SIGNATURE))
    for (const printed of [JSON.stringify({ answer }), inspect({ answer }), String(answer)]) {
      assert.ok(!printed.includes(SIGNATURE))
    }
  })

  it('says of whatever it refuses nothing that is in the token', () => {
    const anything = fc.oneof(fc.string(), fc.jsonValue(), fc.constant(tokenWith()))
    const fields = fc.record(
      { kind: anything, apiVersion: anything, image: anything, serviceAccountToken: anything },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(fields, (changed) => {
        try {
          const { auth } = answerTo(requestWith(changed))
          assert.deepEqual(Object.keys(auth), [REGISTRY])
        } catch (thrown) {
          assert.ok(thrown instanceof RauthError, String(thrown))
          assert.ok(!thrown.message.includes(SIGNATURE))
        }
      }),
    )
  })
})
