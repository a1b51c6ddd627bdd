import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { ask, basic, type Question } from '../support/http.ts'
import { agedToken } from '../support/own-token.ts'
import { startStack, type Stack } from '../support/stack.ts'
import { until } from '../support/until.ts'
import { digestOf, OCTETS, placeOf } from '../support/upload.ts'

const ACCESS = [{ type: 'repository', name: 'team-a/app', actions: ['pull', 'push'] }]
const UPLOADS = '/v2/team-a/app/blobs/uploads/'

describe('an upload that outlives its token, with registry 3 that checks none', () => {
  let stack: Stack
  let fresh: string
  let ended: string

  before(async () => {
    const environment = {
      RAUTH_GATEWAY_UPLOAD_GRACE: '10m',
      RAUTH_GATEWAY_STRIP_AUTHORIZATION: 'true',
      RAUTH_GATEWAY_BASIC: 'true',
    }
    stack = await startStack({ registry: '3', registryAuth: false, envoy: true, environment })
    fresh = await agedToken(stack, 5, ACCESS)
    ended = await agedToken(stack, 400, ACCESS)
  })
  after(() => stack.stop())

  const asked = (token: string, method: string, path: string, question: Question = {}) =>
    ask(stack.entry, path, {
      ...question,
      method,
      headers: { authorization: `Bearer ${token}`, ...question.headers },
    })

  async function begin(): Promise<string> {
    const started = await asked(fresh, 'POST', UPLOADS)
    assert.equal(started.status, 202, started.body)
    return placeOf(started.headers['location'])
  }

  async function finish(content: string): Promise<string> {
    const half = await asked(ended, 'PATCH', await begin(), { headers: OCTETS, body: content })
    assert.equal(half.status, 202, half.body)
    const place = placeOf(half.headers['location'])
    assert.equal((await asked(ended, 'GET', place)).status, 204)
    const digest = digestOf(content)
    const closed = await asked(ended, 'PUT', `${place}&digest=${digest}`)
    assert.equal(closed.status, 201, closed.body)
    return digest
  }

  it('goes on to its end, and to the manifest', async () => {
    const config = JSON.stringify({ id: randomUUID() })
    const digest = await finish(config)
    const manifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: {
        mediaType: 'application/vnd.oci.image.config.v1+json',
        ...{ digest, size: config.length },
      },
      layers: [],
    })
    const put = await asked(ended, 'PUT', '/v2/team-a/app/manifests/late', {
      headers: { 'content-type': 'application/vnd.oci.image.manifest.v1+json' },
      body: manifest,
    })
    assert.equal(put.status, 201, put.body)
  })

  it('begins nothing, reads nothing and gives nothing up', async () => {
    const place = await begin()
    for (const [method, path] of [
      ['POST', UPLOADS],
      ['DELETE', place],
      ['GET', '/v2/team-a/app/tags/list'],
      ['GET', '/v2/'],
      ['DELETE', `/v2/team-a/app/manifests/${digestOf('x')}`],
    ] as const) {
      const answer = await asked(ended, method, path)
      assert.equal(answer.status, 401, `${method} ${path}: ${answer.body}`)
      assert.match(answer.body, /"reason":"token_invalid"/)
    }
  })

  it('is no way into the repository of another', async () => {
    const place = (await begin()).replace('team-a/app', 'team-b/app')
    const answer = await asked(ended, 'PATCH', place, { headers: OCTETS, body: 'x' })
    assert.equal(answer.status, 403, answer.body)
  })

  it('is pushed with a user name and a password in place of a token, if they are taken', async () => {
    const { username, password } = stack.login('team-a')
    const as = (secret: string, method: string, path: string) =>
      ask(stack.entry, path, { method, headers: { authorization: basic(username, secret) } })
    assert.equal((await as(password, 'GET', '/v2/')).status, 200)
    assert.equal((await as(password, 'POST', UPLOADS)).status, 202)
    assert.equal((await as(password, 'GET', '/v2/team-b/app/tags/list')).status, 403)
    const wrong = await as('wrong', 'GET', '/v2/')
    assert.equal(wrong.status, 401)
    assert.match(wrong.headers['www-authenticate'] ?? '', /^Bearer realm=/)
    const statuses = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => (await as(`guess ${i}`, 'GET', '/v2/')).status),
    )
    assert.ok(statuses.includes(429), 'guesses end here as well')
  })

  it('ends with its credential', async () => {
    const place = await begin()
    await stack.removeSecret('team-a')
    await until('it is refused', 20_000, async () => {
      const answer = await asked(ended, 'PATCH', place, { headers: OCTETS, body: '' })
      return answer.status === 401 && answer.body.includes('credential_revoked')
    })
  })
})

describe('a registry that checks tokens itself', () => {
  it('is shown none where the gateway takes it off, and so refuses', async () => {
    const stack = await startStack({
      ...{ registry: '3', registryAuth: true, envoy: true },
      environment: { RAUTH_GATEWAY_STRIP_AUTHORIZATION: 'true' },
    })
    try {
      const token = await agedToken(stack, 5, ACCESS)
      const answer = await ask(stack.entry, '/v2/team-a/app/tags/list', {
        headers: { authorization: `Bearer ${token}` },
      })
      assert.equal(answer.status, 401)
      assert.doesNotMatch(answer.body, /"decision"/, "the registry's own words")
    } finally {
      await stack.stop()
    }
  })
})
