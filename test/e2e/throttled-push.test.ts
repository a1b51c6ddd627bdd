import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { after, before, describe, it } from 'node:test'
import { ask, type Question } from '../support/http.ts'
import { agedToken, LIFETIME } from '../support/own-token.ts'
import { startStack, type Stack } from '../support/stack.ts'
import { digestOf, OCTETS, placeOf } from '../support/upload.ts'

const ACCESS = [{ type: 'repository', name: 'team-a/app', actions: ['pull', 'push'] }]
const BLOBS = '/v2/team-a/app/blobs'
const UPLOADS = `${BLOBS}/uploads/`

/** Seconds. */
const GRACE = 600
/** What a token has left when a push begins, seconds: enough for a busy machine to begin it in. */
const LEFT = 10

/** Some bytes at a time, until it is `until` (milliseconds since the epoch). What was sent is left in `sent`. */
function throttled(until: number, sent: Buffer[]): Readable {
  return Readable.from(
    (async function* () {
      do {
        const some = randomBytes(16_384)
        sent.push(some)
        yield some
        await wait(250)
      } while (Date.now() < until)
    })(),
  )
}

describe('a push so slow that its token ends under way', { concurrency: true }, () => {
  let off: Stack
  let on: Stack
  before(async () => {
    const settings = { RAUTH_TOKEN_LEEWAY: '0s', RAUTH_GATEWAY_STRIP_AUTHORIZATION: 'true' }
    const start = (environment: Readonly<Record<string, string>>) =>
      startStack({ registry: '3', registryAuth: false, envoy: true, environment })
    const grace = { RAUTH_GATEWAY_UPLOAD_GRACE: `${GRACE}s` }
    ;[off, on] = await Promise.all([start(settings), start({ ...settings, ...grace })])
  })
  after(() => Promise.all([off.stop(), on.stop()]))

  const asked = (stack: Stack, token: string, method: string, path: string, more: Question = {}) =>
    ask(stack.entry, path, {
      ...more,
      method,
      headers: { authorization: `Bearer ${token}`, ...more.headers },
    })

  /** Sends a blob until its token has ended; gives where the upload goes on. */
  async function pushBeyond(stack: Stack) {
    const token = await agedToken(stack, LIFETIME - LEFT, ACCESS)
    const end = Date.now() + LEFT * 1000
    const begun = await asked(stack, token, 'POST', UPLOADS)
    assert.equal(begun.status, 202, begun.body)
    const sent: Buffer[] = []
    const body = throttled(end + 1500, sent)
    const place = placeOf(begun.headers['location'])
    const sending = await asked(stack, token, 'PATCH', place, { headers: OCTETS, body })
    assert.equal(sending.status, 202, sending.body)
    const another = await asked(stack, token, 'POST', UPLOADS)
    assert.equal(another.status, 401, 'the token has ended, and begins no upload')
    assert.match(another.body, /"reason":"token_invalid"/)
    return { token, sent, place: placeOf(sending.headers['location']) }
  }

  it('is finished with that token within the grace, and whole', async () => {
    const { token, sent, place } = await pushBeyond(on)
    const last = randomBytes(1000)
    const more = await asked(on, token, 'PATCH', place, { headers: OCTETS, body: last })
    assert.equal(more.status, 202, more.body)
    const digest = digestOf(Buffer.concat([...sent, last]))
    const closing = `${placeOf(more.headers['location'])}&digest=${digest}`
    const late = await agedToken(on, LIFETIME + GRACE + 1, ACCESS)
    assert.equal((await asked(on, late, 'PUT', closing)).status, 401, 'after the grace')
    const closed = await asked(on, token, 'PUT', closing)
    assert.equal(closed.status, 201, closed.body)
    const fresh = await agedToken(on, 0, ACCESS)
    const blob = await asked(on, fresh, 'HEAD', `${BLOBS}/${digest}`)
    assert.equal(blob.status, 200)
    assert.equal(blob.headers['content-length'], String(last.length + 16_384 * sent.length))
  })

  it('without a grace ends what is under way, and needs another token to go on', async () => {
    const { token, sent, place } = await pushBeyond(off)
    const closing = `${place}&digest=${digestOf(Buffer.concat(sent))}`
    const refused = await asked(off, token, 'PUT', closing)
    assert.equal(refused.status, 401, refused.body)
    assert.match(refused.headers['www-authenticate'] ?? '', /error="invalid_token"/)
    const closed = await asked(off, await agedToken(off, 0, ACCESS), 'PUT', closing)
    assert.equal(closed.status, 201, closed.body)
  })
})
