import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, describe, it } from 'node:test'
import { createTagClient } from '../../../src/adapters/registry-http/tag-client.ts'

const DIGEST = `sha256:${'0'.repeat(64)}`
const PATIENT = 20_000

type Script = (request: IncomingMessage, response: ServerResponse) => unknown

const closers: (() => void)[] = []
after(() => {
  for (const close of closers) close()
})

/** A registry that does what a script says, and who asks it. */
async function start(script: Script, timeout = PATIENT, token: string | null = 'own.token') {
  const seen: IncomingMessage[] = []
  const server = createServer((request, response) => {
    seen.push(request)
    script(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  const scopes: string[] = []
  const client = createTagClient({
    ...{ registry: `http://127.0.0.1:${String(port)}`, timeout },
    token: (repository) => {
      scopes.push(repository)
      return Promise.resolve(token ?? undefined)
    },
  })
  return { client, seen, scopes }
}

const status = (code: number, headers: Record<string, string> = {}): Script => {
  return (_, response) => response.writeHead(code, headers).end()
}

describe('the tags of a registry', () => {
  it('are asked for by a HEAD that takes every kind of manifest, with a token for that', async () => {
    const { client, seen, scopes } = await start(status(200, { 'docker-content-digest': DIGEST }))
    assert.deepEqual(await client.digestsOf('team-a/app', ['v1'], 'team-a'), {
      ok: true,
      value: [DIGEST],
    })
    const [request] = seen
    assert.equal(request?.method, 'HEAD')
    assert.equal(request.url, '/v2/team-a/app/manifests/v1')
    assert.equal(request.headers.authorization, 'Bearer own.token')
    assert.match(request.headers.accept ?? '', /oci\.image\.index.*manifest\.list/)
    assert.deepEqual(scopes, ['team-a/app'])
  })

  it('are there or not', async () => {
    const missing = await start(status(404))
    assert.deepEqual(await missing.client.digestsOf('a', ['v1'], 'team-a'), {
      ok: true,
      value: [undefined],
    })
    for (const digest of ['', 'x', `${DIGEST} `.repeat(50)]) {
      const odd = await start(status(200, { 'docker-content-digest': digest }))
      assert.deepEqual(await odd.client.digestsOf('a', ['v1'], 'team-a'), { ok: true, value: [''] })
    }
  })

  it('are asked for without a token where there is no key to sign one', async () => {
    const { client, seen } = await start(status(404), PATIENT, null)
    await client.digestsOf('a', ['v1'], 'team-a')
    assert.equal(seen[0]?.headers.authorization, undefined)
    assert.equal(seen.length, 1)
  })

  const UNCLEAR: readonly (readonly [what: string, Script, detail: RegExp])[] = [
    ['its own 401', status(401), /401: it does not take rauth's token/],
    ['a 403', status(403), /403: it does not take rauth's token/],
    ['a redirect', status(307, { location: '/v2/b/manifests/v1' }), /307: redirects are not/],
    ['a 500', status(500), /500: no word/],
    ['a 204', status(204), /204: no word/],
    ['a broken connection', (request) => request.socket.destroy(), /./],
  ]
  for (const [what, script, detail] of UNCLEAR) {
    it(`are not told by ${what}`, async () => {
      const { client, seen } = await start(script)
      const result = await client.digestsOf('a', ['v1'], 'team-a')
      assert.ok(!result.ok)
      assert.equal(result.refusal.reason, 'tag_unclear')
      assert.match(result.refusal.detail ?? '', detail)
      assert.equal(seen.length, 1)
    })
  }

  it('are asked for together, in one time for all, and told in their order', async () => {
    const waiting: ServerResponse[] = []
    const { client } = await start((request, response) => {
      const there = request.url?.endsWith('/v1') === true
      response.writeHead(there ? 200 : 404, there ? { 'docker-content-digest': DIGEST } : {})
      // None is answered before all are asked for.
      if (waiting.push(response) === 3) for (const one of waiting) one.end()
    })
    const found = await client.digestsOf('a', ['v2', 'v1', 'v3'], 'team-a')
    assert.deepEqual(found, { ok: true, value: [undefined, DIGEST, undefined] })
  })

  it('are not known if one of them is not', async () => {
    const { client } = await start((request, response) => {
      response.writeHead(request.url?.endsWith('/v2') === true ? 500 : 404).end()
    })
    const result = await client.digestsOf('a', ['v1', 'v2', 'v3'], 'team-a')
    assert.equal(!result.ok && result.refusal.reason, 'tag_unclear')
  })

  it('are not waited for any longer than they may take', async () => {
    const { client } = await start(() => undefined, 50)
    const result = await client.digestsOf('a', ['v1'], 'team-a')
    assert.ok(!result.ok)
    assert.match(result.refusal.detail ?? '', /too long/)
  })

  it('are not asked for by any number at once', async () => {
    const { client, seen } = await start(() => undefined, 2_000)
    const asked = Array.from({ length: 64 + 256 + 1 }, (_, i) =>
      client.digestsOf('a', ['v1'], `team-${i}`),
    )
    const last = await asked.at(-1)
    assert.ok(last?.ok === false)
    assert.match(last.refusal.detail ?? '', /too many/)
    assert.ok(seen.length <= 64)
    await Promise.all(asked)
  })

  it('are asked for by everybody while one asks for more than its share', async () => {
    const { client } = await start((request, response) => {
      if (request.url?.endsWith('/v1') === true) response.writeHead(404).end()
    })
    const flood = Array.from({ length: 50 }, () => client.digestsOf('a', ['slow'], 'team-a'))
    const last = await flood.at(-1)
    assert.match((!last?.ok && last?.refusal.detail) || '', /too many/)
    flood.splice(16)
    const other = client.digestsOf('b', ['v1'], 'team-b')
    const first = await Promise.race([other, ...flood])
    assert.deepEqual(first, { ok: true, value: [undefined] })
  })
})
