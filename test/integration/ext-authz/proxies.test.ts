import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import {
  createGatewayExchange,
  createGatewayHttpServer,
} from '../../../src/adapters/ext-authz/http-server.ts'
import { listenHttp, type Listener } from '../../../src/adapters/listen.ts'
import { ask, type Answer } from '../../support/http.ts'
import {
  CHALLENGE,
  createTestGateway,
  DECISIONS,
  DIGEST,
  WHERE,
  type TestGateway,
} from './gateway.ts'

/** Proxies that carry the line of the request in two headers, and the statuses that reach them. */
const CARRIERS = [
  {
    proxy: 'nginx',
    ...{ method: 'x-original-method', uri: 'x-original-uri' },
    passes: (status: number) => ([400, 404, 405, 415].includes(status) ? 403 : status),
  },
  {
    proxy: 'traefik',
    ...{ method: 'x-forwarded-method', uri: 'x-forwarded-uri' },
    passes: (status: number) => status,
  },
  {
    proxy: 'haproxy',
    ...{ method: 'x-original-method', uri: 'x-original-uri' },
    passes: (status: number) => status,
  },
] as const

type Headers = Readonly<Record<string, string | readonly string[]>>

for (const { proxy, method: METHOD, uri: URI, passes } of CARRIERS) {
  describe(`the gateway over HTTP, asked by ${proxy}`, () => {
    let gateway: TestGateway
    let listener: Listener
    let token: string

    before(async () => {
      gateway = await createTestGateway()
      token = gateway.token
      listener = await listenHttp(
        createGatewayHttpServer(
          createGatewayExchange({ ...WHERE, proxy, checkAccess: gateway.checkAccess }),
        ),
        { host: '127.0.0.1', port: 0 },
      )
    })
    after(() => listener.close(0))
    beforeEach(() => {
      gateway.ready(true)
      gateway.events.length = 0
    })

    const raw = (headers: Headers, path = '/') => ask(listener.port, path, { headers })
    const question = (method: string, target: string, more: Headers = {}) =>
      raw({ authorization: `Bearer ${token}`, [METHOD]: method, [URI]: target, ...more })
    const reasonOf = ({ body }: Answer) =>
      (JSON.parse(body) as { errors: [{ detail: { reason: string } }] }).errors[0].detail.reason

    for (const [method, target, wanted] of DECISIONS) {
      it(`${method} ${target.slice(0, 60)} is ${wanted}`, async () => {
        const answer = await question(method, target)
        assert.equal(answer.status, passes(wanted))
        assert.deepEqual(
          gateway.events.map((event) => [event.method, event.status]),
          [[method, wanted]],
        )
        if (proxy === 'nginx' && wanted !== 200) {
          assert.equal(answer.headers['x-rauth-status'], String(wanted))
          assert.equal(answer.headers['x-rauth-error'], answer.body)
        }
      })
    }

    it('judges what is carried, never the line of the question', async () => {
      const other = {
        authorization: `Bearer ${token}`,
        [METHOD]: 'GET',
        [URI]: '/v2/team-b/x/tags/list',
      }
      assert.equal((await raw(other, '/v2/team-a/app/tags/list')).status, 403)
      const own = { ...other, [URI]: '/v2/team-a/app/tags/list' }
      assert.equal((await raw(own, '/v2/team-b/x/tags/list')).status, 200)
    })

    it('refuses what does not carry both, or carries one of them twice', async () => {
      const good = { [METHOD]: 'GET', [URI]: '/v2/team-a/app/tags/list' }
      const bad: readonly Headers[] = [
        {},
        { [METHOD]: 'GET' },
        { [URI]: '/v2/' },
        { ...good, [URI]: '' },
        { ...good, [METHOD]: '' },
        { ...good, [URI]: ['/v2/team-a/app/tags/list', '/v2/team-a/app/tags/list'] },
        { ...good, [URI]: ['/v2/team-a/app/tags/list', '/v2/team-b/app/tags/list'] },
        { ...good, [URI]: ['', '/v2/team-a/app/tags/list'] },
        { ...good, [METHOD]: ['GET', 'DELETE'] },
        { ...good, [URI]: '/v2/team-a/app/tags/list, /v2/team-b/app/tags/list' },
      ]
      for (const headers of bad) {
        const answer = await raw({ authorization: `Bearer ${token}`, ...headers })
        assert.equal(answer.status, passes(400), JSON.stringify(headers))
      }
      assert.ok(gateway.events.every(({ outcome }) => outcome === 'refused'))
      assert.match(gateway.events[0]?.detail ?? '', new RegExp(`^${METHOD} must be there`))
      assert.match(gateway.events[1]?.detail ?? '', new RegExp(`^${URI} must be there`))
    })

    it('takes the headers of another kind of proxy for nothing', async () => {
      for (const name of ['x-original-uri', 'x-forwarded-uri', 'x-original-url', 'x-rewrite-url']) {
        if (name === URI) continue
        const answer = await question('GET', '/v2/team-b/x/tags/list', {
          [name]: '/v2/team-a/app/tags/list',
        })
        assert.equal(answer.status, 403, name)
      }
    })

    it('challenges in a 401', async () => {
      const answer = await raw({ [METHOD]: 'GET', [URI]: '/v2/team-a/app/tags/list' })
      assert.equal(answer.status, 401)
      assert.equal(
        answer.headers['www-authenticate'],
        `${CHALLENGE},scope="repository:team-a/app:pull"`,
      )
    })

    it('says who asked', async () => {
      const answer = await question('GET', '/v2/team-a/app/tags/list', { 'x-request-id': 'r-1' })
      assert.equal(answer.status, 200)
      assert.equal(answer.body, '')
      assert.equal(answer.headers['x-rauth-account'], 'team-a')
      assert.equal(answer.headers['x-rauth-namespace'], 'team-a')
      assert.equal(gateway.events[0]?.requestId, 'r-1')
    })

    it('refuses two tokens', async () => {
      const authorization = [`Bearer ${token}`, `Bearer ${token}`]
      const answer = await question('GET', '/v2/', { authorization })
      assert.equal(answer.status, 401)
      assert.equal(reasonOf(answer), 'authorization_malformed')
    })

    const TYPES: readonly (readonly [
      type: string | readonly string[] | undefined,
      status: number,
    ])[] = [
      [undefined, 200],
      ['application/octet-stream', 200],
      ['application/json', 200],
      ['text/plain', 415],
      ['application/x-www-form-urlencoded', 415],
      [['application/octet-stream', 'application/x-www-form-urlencoded'], 415],
      ['multipart/form-data; boundary=X', 415],
    ]
    it('judges pushes by the Content-Type that is shown, whatever length the question has', async () => {
      for (const [type, status] of TYPES) {
        const answer = await question('POST', '/v2/team-a/app/blobs/uploads/', {
          ...(type === undefined ? {} : { 'content-type': type }),
          'content-length': '0',
        })
        assert.equal(answer.status, passes(status), String(type))
      }
      const manifest = { 'content-type': 'application/vnd.oci.image.manifest.v1+json' }
      const put = await question('PUT', '/v2/team-a/app/manifests/v1', manifest)
      assert.equal(put.status, 200)
    })

    it('lets no mount pass that it could only take away', async () => {
      const answer = await question('POST', `/v2/team-a/app/blobs/uploads/?mount=${DIGEST}`)
      assert.equal(answer.status, 401)
      assert.equal(reasonOf(answer), 'mount_unremovable')
      const query = `mount=${DIGEST}&from=team-a/app`
      assert.equal((await question('POST', `/v2/team-a/app/blobs/uploads/?${query}`)).status, 200)
    })

    it('says 503 while the credentials are not loaded', async () => {
      gateway.ready(false)
      const answer = await question('GET', '/v2/')
      assert.equal(answer.status, 503)
      assert.equal(reasonOf(answer), 'not_ready')
    })
  })
}

describe('the gateway over HTTP, asked by ingress-nginx', () => {
  let gateway: TestGateway
  let listener: Listener
  before(async () => {
    gateway = await createTestGateway()
    const options = { ...WHERE, proxy: 'nginx', checkAccess: gateway.checkAccess } as const
    listener = await listenHttp(createGatewayHttpServer(createGatewayExchange(options)), {
      host: '127.0.0.1',
      port: 0,
    })
  })
  after(() => listener.close(0))
  beforeEach(() => {
    gateway.events.length = 0
  })

  const own = '/v2/team-a/app/tags/list'
  const site = 'https://registry.example'
  const question = (uri: string, url: string | readonly string[]) =>
    ask(listener.port, '/', {
      headers: {
        ...{ authorization: `Bearer ${gateway.token}`, 'x-original-method': 'GET' },
        ...{ 'x-original-uri': uri, 'x-original-url': url },
      },
    })

  it('takes the path that the controller says twice', async () => {
    for (const target of [own, `${own}?n=1`, '/v2/']) {
      assert.equal((await question(target, site + target)).status, 200, target)
    }
    assert.equal((await question(own, `http://registry.example:8443${own}`)).status, 200)
  })

  // Without the annotation auth-method the first of the two is the client's own.
  const OTHERS: readonly (string | readonly string[])[] = [
    ...[`${site}/v2/team-b/secret/manifests/v1`, `${site}/v2/team-b/x${own}`, `${site}/${own}`],
    ...[
      `${site}${own}?n=1`,
      `${site}?${own}`,
      `${site}#${own}`,
      own,
      '',
      `//registry.example${own}`,
    ],
    ...[`ftp://registry.example${own}`, [site + own, `${site}/v2/team-b/x/tags/list`]],
    [`${site}/v2/team-b/x/tags/list`, site + own],
  ]
  for (const url of OTHERS) {
    it(`refuses what the controller calls ${JSON.stringify(url)}`, async () => {
      assert.equal((await question(own, url)).status, 403)
      const [event] = gateway.events
      assert.equal(event?.reason, 'request_malformed')
      assert.match(event.detail ?? '', /set the annotation auth-method$/)
    })
  }
})

describe('the gateway over HTTP that is set to Envoy', () => {
  for (const { proxy, method, uri } of CARRIERS) {
    it(`says so in its record when ${proxy} asks`, async () => {
      const gateway = await createTestGateway()
      const options = { ...WHERE, proxy: 'envoy', checkAccess: gateway.checkAccess } as const
      const listener = await listenHttp(createGatewayHttpServer(createGatewayExchange(options)), {
        ...{ host: '127.0.0.1', port: 0 },
      })
      try {
        const headers = { [method]: 'GET', [uri]: '/v2/' }
        assert.equal((await ask(listener.port, '/', { headers })).status, 404)
        assert.equal((await ask(listener.port, '/other', { headers })).status, 404)
        const [mistaken, other] = gateway.events
        assert.equal(mistaken?.reason, 'route_unknown')
        assert.match(
          mistaken.detail ?? '',
          new RegExp(`^${uri} is here, and gateway.http is envoy`),
        )
        assert.deepEqual([other?.path, other?.detail], ['/other', undefined])
      } finally {
        await listener.close(0)
      }
    })
  }
})
