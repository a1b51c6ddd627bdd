import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { createCatalogClient } from '../../../src/adapters/registry-http/catalog-client.ts'
import { ask, type Answer } from '../../support/http.ts'
import { PASSWORD, startTokenService } from '../token-http/token-service.ts'
import { until } from '../../support/until.ts'

/** Answers each request to the registry; what it throws breaks the connection. */
type Script = (request: IncomingMessage, response: ServerResponse, call: number) => unknown

const OWN_TOKEN = 'own.token.of-rauth'
/** Long enough for a slow machine to do all that has no fault. */
const PATIENT = 20_000

const page = (names: readonly string[], link?: string): Script => {
  return (_request, response) =>
    response
      .writeHead(200, {
        'content-type': 'application/json',
        ...(link === undefined ? {} : { link }),
      })
      .end(JSON.stringify({ repositories: names }))
}

const status = (code: number, headers: Record<string, string> = {}): Script => {
  return (_request, response) => response.writeHead(code, headers).end('{"errors":[]}')
}

const next = (last: string) => `</v2/_catalog?last=${encodeURIComponent(last)}&n=2>; rel="next"`

/** A registry that does what a script says, and rauth before it. */
async function start(script: Script, timeout = PATIENT) {
  const seen: { readonly url: string; readonly authorization: string | undefined }[] = []
  const open = new Set<ServerResponse>()
  let most = 0
  const upstream = createServer((incoming, response) => {
    open.add(response)
    most = Math.max(most, open.size)
    response.once('close', () => open.delete(response))
    seen.push({ url: incoming.url ?? '', authorization: incoming.headers.authorization })
    script(incoming, response, seen.length)
  }).listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  const { port } = upstream.address() as AddressInfo
  const service = await startTokenService({
    registry: createCatalogClient({
      registry: `http://127.0.0.1:${String(port)}`,
      token: () => Promise.resolve(OWN_TOKEN),
      timeout,
    }),
  })
  const token = await service.tokenFor('team-a', PASSWORD)
  service.events.length = 0
  return {
    ...{ seen, open, service, token, port },
    most: () => most,
    list: (query = ''): Promise<Answer> =>
      ask(service.port, `/v2/_catalog${query}`, { headers: { authorization: `Bearer ${token}` } }),
    async stop() {
      await service.listener.close(0)
      upstream.close()
      upstream.closeAllConnections()
    },
  }
}

type Started = Awaited<ReturnType<typeof start>>

describe('the catalog over HTTP', () => {
  const running: Started[] = []
  const begin = async (...given: Parameters<typeof start>) => {
    const started = await start(...given)
    running.push(started)
    return started
  }
  after(async () => {
    for (const started of running) await started.stop()
  })

  /** A 503 in the registry's shape, and one record of it that says why. */
  async function assertUnavailable(started: Started, why: RegExp): Promise<void> {
    const answer = await started.list()
    assert.equal(answer.status, 503, answer.body)
    assert.equal(answer.headers['retry-after'], '2')
    assert.equal(answer.headers['content-type'], 'application/json')
    assert.equal(answer.headers['link'], undefined)
    const { errors } = JSON.parse(answer.body) as {
      errors: { code: string; detail: { reason: string } }[]
    }
    assert.deepEqual(
      errors.map(({ code, detail }) => [code, detail.reason]),
      [['UNAVAILABLE', 'registry_unavailable']],
    )
    assert.doesNotMatch(answer.body, /127\.0\.0\.1|ECONN|canary/)
    assert.equal(started.service.events.length, 1)
    assert.match(started.service.events[0]?.detail ?? '', why)
  }

  it('asks with its own token and the whole number, and goes where it was told to', async () => {
    const started = await begin((incoming, response, call) => {
      const names = call === 1 ? ['team-a/x', 'team-b/canary'] : ['team-a/z']
      page(names, call === 1 ? '<http://127.0.0.1:1/evil?last=team-a/y>; rel="next"' : undefined)(
        incoming,
        response,
        call,
      )
    })
    const answer = await started.list()
    assert.deepEqual(JSON.parse(answer.body), { repositories: ['team-a/x', 'team-a/z'] })
    assert.equal(answer.headers['link'], undefined)
    const authorization = `Bearer ${OWN_TOKEN}`
    assert.deepEqual(started.seen, [
      { url: '/v2/_catalog?n=1000&last=librar', authorization },
      { url: '/v2/_catalog?n=1000&last=team-a%2Fy', authorization },
    ])
  })

  it('asks without a number where the registry takes none that is so big', async () => {
    const started = await begin((incoming, response, call) => {
      const script = incoming.url?.includes('n=1000') === true ? status(400) : page(['team-a/x'])
      script(incoming, response, call)
    })
    assert.deepEqual(JSON.parse((await started.list()).body), { repositories: ['team-a/x'] })
  })

  it('asks nothing for who is refused', async () => {
    const started = await begin(page(['team-a/x']))
    for (const [path, method, expected] of [
      ['/v2/_catalog', 'GET', 401],
      ['/v2/_catalog?n=1001', 'GET', 400],
      ['/v2/_catalog', 'HEAD', 405],
      ['/v2/_catalog', 'POST', 405],
      ['/v2/_catalog/', 'GET', 404],
      ['/v2/_CATALOG', 'GET', 404],
      ['/v2/%5Fcatalog', 'GET', 404],
    ] as const) {
      const answer = await ask(started.service.port, path, { method })
      assert.equal(answer.status, expected, `${method} ${path}`)
      if (expected === 405) assert.equal(answer.headers['allow'], 'GET')
    }
    assert.equal(started.seen.length, 0)
  })

  const FAULTS: readonly (readonly [string, Script, RegExp])[] = [
    ['500', status(500), /answers 500/],
    ['404', status(404), /answers 404/],
    ['401', status(401), /does not take rauth's token/],
    ['400 whatever is asked', status(400), /answers 400/],
    ['text', (_q, response) => response.end('<html>canary</html>'), /no catalog/],
    ['other JSON', (_q, response) => response.end('{"repositories":{"a":1}}'), /no catalog/],
    ['names that are none', (_q, response) => response.end('{"repositories":[1]}'), /no catalog/],
    ['the same page for ever', page(['team-a/x'], next('team-a/x')), /the same page again/],
    [
      'pages without end',
      (incoming, response, call) => {
        const name = `team-a/x${String(call).padStart(5, '0')}`
        // Hidden by its spelling, so that there is no end to it.
        page([`${name}/CANARY`], next(name))(incoming, response, call)
      },
      /not at an end after 200 pages/,
    ],
    [
      'a connection that breaks inside',
      (_q, response) => {
        response.writeHead(200, { 'content-length': '1000' }).write('{"repositories":["team-a/x"')
        setTimeout(() => response.destroy(), 50)
      },
      /closed|terminated|aborted/,
    ],
    ['no HTTP', (incoming) => incoming.socket.end('SSH-2.0-canary\r\n'), /./],
    [
      'compressed bytes that become many',
      (_q, response) =>
        response
          .writeHead(200, { 'content-encoding': 'gzip' })
          .end(gzipSync(Buffer.alloc(64 * 1024 * 1024, ' '))),
      /too long/,
    ],
  ]
  for (const [name, script, why] of FAULTS) {
    it(`says 503 to a registry that answers ${name}`, async () => {
      await assertUnavailable(await begin(script), why)
    })
  }

  it('says 503 where nobody listens', async () => {
    const started = await begin(page([]))
    await started.stop()
    const other = await begin(page([]))
    const service = await startTokenService({
      registry: createCatalogClient({
        registry: `http://127.0.0.1:${String(started.port)}`,
        token: () => Promise.resolve(OWN_TOKEN),
        timeout: PATIENT,
      }),
    })
    const token = await service.tokenFor('team-a', PASSWORD)
    const answer = await ask(service.port, '/v2/_catalog', {
      headers: { authorization: `Bearer ${token}` },
    })
    await service.listener.close(0)
    assert.equal(answer.status, 503)
    assert.equal(other.seen.length, 0)
  })

  it('cuts off an answer without end', async () => {
    let sent = 0
    const started = await begin((_incoming, response) => {
      response.writeHead(200)
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(64 * 1024))) sent += 64 * 1024
      }
      response.on('drain', more)
      more()
    })
    await assertUnavailable(started, /too long/)
    await until('that', PATIENT, () => started.open.size === 0)
    assert.ok(sent < 32 * 1024 * 1024, `${String(sent)} bytes`)
  })

  it('follows no redirect: its token goes nowhere else', async () => {
    const elsewhere = await begin(page(['team-a/evil']))
    for (const code of [301, 302, 307, 308]) {
      const location = `http://127.0.0.1:${String(elsewhere.port)}/v2/_catalog`
      await assertUnavailable(await begin(status(code, { location })), /redirects are not followed/)
    }
    assert.equal(elsewhere.seen.length, 0)
  })

  it('waits for a slow registry no longer than it may', async () => {
    const silent: Script = () => undefined
    const slow: Script = (_incoming, response) => {
      response.writeHead(200)
      const drop = setInterval(() => response.write(' '), 20)
      response.once('close', () => {
        clearInterval(drop)
      })
    }
    const byPage: Script = (incoming, response, call) =>
      setTimeout(() => {
        const name = `team-a/x${String(call).padStart(5, '0')}`
        page([name], next(name))(incoming, response, call)
      }, 30)
    for (const script of [silent, slow, byPage]) {
      const started = await begin(script, 500)
      await assertUnavailable(started, /takes too long/)
      await until('that', PATIENT, () => started.open.size === 0)
    }
  })

  it('asks a slow registry for 8 at once, lets as many more of a namespace wait and refuses the rest at once', async () => {
    let release = false
    const held = new Set<() => void>()
    const started = await begin((incoming, response, call) => {
      const go = () => page(['team-a/x'])(incoming, response, call)
      if (release) go()
      else held.add(go)
    })
    const all = Array.from({ length: 8 + 8 }, () => started.list())
    await until('that', PATIENT, () => held.size === 8)
    // What is too many is refused before anything is released.
    await until('that', PATIENT, async () => {
      const one = started.list()
      all.push(one)
      return (await reasonOf(one, 300)) === 'catalog_busy'
    })
    assert.equal(started.seen.length, 8)
    release = true
    for (const go of held) go()
    const answers = await Promise.all(all)
    assert.equal(answers.filter((answer) => answer.status === 200).length, 8 + 8)
    assert.ok(started.most() <= 8, `${String(started.most())} at once`)
  })

  it('asks no more for a client that went away, whose place is free then', async () => {
    const started = await begin((incoming, response, call) => {
      if (call > 8) page(['team-a/x'])(incoming, response, call)
    }, 3 * PATIENT)
    const clients = Array.from({ length: 8 }, () => {
      const client = request({
        ...{ host: '127.0.0.1', port: started.service.port, path: '/v2/_catalog', agent: false },
        headers: { authorization: `Bearer ${started.token}` },
      })
      client.on('error', () => undefined).end()
      return client
    })
    await until('that', PATIENT, () => started.open.size === 8)
    for (const client of clients) client.destroy()
    await until('that', PATIENT, () => started.open.size === 0)
    assert.equal((await started.list()).status, 200)
    assert.equal(started.service.events.length, 9)
  })
})

/** The reason of a refusal, or `pending` if none comes in time. */
async function reasonOf(answer: Promise<Answer>, patience: number): Promise<string> {
  const first = await Promise.race([answer, sleep(patience)])
  return first === undefined ? 'pending' : (/"reason":"(\w+)"/.exec(first.body)?.[1] ?? 'listed')
}
