import assert from 'node:assert/strict'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Document } from 'yaml'
import { placeOf } from '../../tools/envoy/places.ts'
import { freePort } from '../../tools/stack/ports.ts'
import { craneClient } from '../support/clients.ts'
import { addLimitedRoute, addListener, SHIPPED } from '../support/envoy-listeners.ts'
import { fetchToken } from '../support/http.ts'
import { startStack, toRegistry, type Stack } from '../support/stack.ts'
import { until } from '../support/until.ts'
import { exchange, head } from '../support/wire.ts'

/** What a client may send as the id of its request; it must be in no answer. */
const EVIL = 'x-request-id: evil"}\\'
const ID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g
const CLOSE = 'Connection: close'

/** Of a route that needs nobody behind it. */
const SAID = { inline_string: 'said by a route' }

const POLICY = `gateway: true
rules:
  - match: { namespace: '*', type: repository, name: '\${namespace}/**' }
    actions: ['*']
    tags: { immutable: ['*'] }
`

const get = (target: string, ...headers: readonly string[]) =>
  head(`GET ${target} HTTP/1.1`, EVIL, CLOSE, ...headers)
const form = (length: number) =>
  head('POST /token HTTP/1.1', EVIL, CLOSE, `Content-Length: ${String(length)}`)

const ROUTES = [...SHIPPED, 'route_config', 'virtual_hosts', 0, 'routes']

/** What Envoy refuses whoever is there behind it, and what it says to that. */
const REFUSED: readonly (readonly [
  name: string,
  sent: string,
  status: number,
  code: string,
  words: RegExp,
])[] = [
  ['a path that leads nowhere', get('/else'), 404, 'NOT_FOUND', /the registry is at \/v2\//],
  ['an escaped slash', get('/v2/team-a%2Fapp/tags/list'), 400, 'UNSUPPORTED', /escaped slash/],
  ['no host', `GET /v2/ HTTP/1.1\r\n${EVIL}\r\n\r\n`, 400, 'UNSUPPORTED', /malformed/],
  ['an underscore', get('/v2/', 'x_y: 1'), 400, 'UNSUPPORTED', /underscore/],
  ['what is no HTTP', 'hello\r\n\r\n', 400, 'UNSUPPORTED', /malformed/],
  ['HTTP/1.0', head('GET /v2/ HTTP/1.0', EVIL), 426, 'UNSUPPORTED', /HTTP\/1\.0/],
  [
    'an upgrade',
    head('GET /v2/ HTTP/1.1', EVIL, 'Connection: upgrade', 'Upgrade: websocket'),
    ...([403, 'UNSUPPORTED', /an upgrade/] as const),
  ],
  [
    'headers that are too large',
    get('/v2/', `x-a: ${'a'.repeat(20_000)}`),
    ...([431, 'UNSUPPORTED', /fewer scopes/] as const),
  ],
  [
    'a form that is too large',
    form(40_000) + 'a'.repeat(40_000),
    ...([413, 'UNSUPPORTED', /fewer scopes/] as const),
  ],
  ['a head that never ends', head('GET /v2/ HTTP/1.1').trimEnd(), 408, 'UNSUPPORTED', /try again/],
]

describe('what Envoy answers by itself', () => {
  let stack: Stack
  let folder: string
  let token: string
  /** The ids of all answers. */
  const said: string[] = []
  /** Listeners: the shipped one, over HTTP, and both without words of Envoy's. */
  let ports: Record<'shipped' | 'http' | 'silent' | 'silentHttp', number>
  /** The shipped one, but that it waits no longer than a second for anybody. */
  let hasty: number
  const pressure = () => path.join(folder, 'pressure')

  /** Gives it the hasty listener: nothing of what is said is other there, it is only said sooner. */
  function addHasty(document: Document): void {
    const asking = placeOf(document, [...SHIPPED, 'http_filters'], 'envoy.filters.http.ext_authz')
    const token = [...ROUTES, 3, 'route', 'max_stream_duration', 'max_stream_duration']
    const places = [
      [...SHIPPED, 'request_headers_timeout'],
      [...asking, 'typed_config', 'grpc_service', 'timeout'],
      token,
    ]
    const before = places.map((place) => document.getIn(place))
    for (const place of places) document.setIn(place, '1s')
    addListener(document, { port: hasty })
    for (const [i, place] of places.entries()) document.setIn(place, before[i])
  }

  function edit(document: Document, gatewayHttp: number): void {
    addHasty(document)
    const monitor = 'envoy.resource_monitors.injected_resource'
    const type = 'envoy.extensions.resource_monitors.injected_resource.v3.InjectedResourceConfig'
    const typed_config = { '@type': `type.googleapis.com/${type}`, filename: pressure() }
    document.addIn(
      ['overload_manager', 'resource_monitors'],
      document.createNode({ name: monitor, typed_config }),
    )
    const actions = ['overload_manager', 'actions']
    const refusing = placeOf(document, actions, 'envoy.overload_actions.stop_accepting_requests')
    document.addIn(
      [...refusing, 'triggers'],
      document.createNode({ name: monitor, threshold: { value: 1 } }),
    )
    const said = {
      ...{ match: { path: '/said' }, direct_response: { status: 200, body: SAID } },
      typed_per_filter_config: {
        'envoy.filters.http.ext_authz': {
          '@type':
            'type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute',
          disabled: true,
        },
      },
    }
    document.addIn(ROUTES, document.createNode(said))
    addLimitedRoute(document, { path: '/limited', like: said })
    addListener(document, { port: ports.http, overHttp: gatewayHttp })
    addListener(document, { port: ports.silent, silent: true })
    addListener(document, { port: ports.silentHttp, silent: true, overHttp: gatewayHttp })
  }

  async function setPressure(value: number): Promise<void> {
    await writeFile(`${pressure()}.next`, String(value))
    await rename(`${pressure()}.next`, pressure())
  }

  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'rauth-answers-'))
    await setPressure(0)
    await writeFile(path.join(folder, 'policy.yaml'), POLICY)
    const [gatewayHttp, nobody] = [await freePort(), await freePort()]
    hasty = await freePort()
    ports = {
      ...{ shipped: 0, http: await freePort() },
      ...{ silent: await freePort(), silentHttp: await freePort() },
    }
    stack = await startStack({
      ...{ registry: '3', registryAuth: false, envoy: true },
      editEnvoy: (document) => {
        edit(document, gatewayHttp)
        toRegistry(nobody)(document)
      },
      environment: {
        RAUTH_POLICY_FILE: path.join(folder, 'policy.yaml'),
        RAUTH_LISTEN_GATEWAY_HTTP: `127.0.0.1:${String(gatewayHttp)}`,
      },
      // Where nothing is, so that rauth itself has something that it can't tell.
      settings: { gateway: { http: 'envoy', registry: `http://127.0.0.1:${String(nobody)}` } },
    })
    ports.shipped = stack.entry
    const scope = 'repository:team-a/app:pull,push'
    token = await fetchToken(stack.token, stack.login('team-a'), stack.service, scope)
  })
  after(async () => {
    await stack.stop()
    await rm(folder, { recursive: true })
  })

  /** The id in an answer, which must have the form of the registry API, and the same id everywhere. */
  async function idOf(
    port: number,
    sent: string,
    [status, code, words]: readonly [status: number, code: string, words: RegExp],
  ): Promise<string> {
    const { text, body } = await exchange(port, sent)
    assert.match(text, new RegExp(`^HTTP/1\\.1 ${String(status)} `))
    assert.match(text, /\r\ncontent-type: application\/json\r\n/)
    assert.doesNotMatch(text, /evil/)
    const { errors } = JSON.parse(body) as { errors: readonly Record<string, unknown>[] }
    const [id = assert.fail(`no id: ${text}`)] = body.match(ID) ?? []
    const message = String(errors[0]?.['message'])
    assert.match(message, words)
    assert.deepEqual(errors, [{ code, message, detail: { requestId: id } }])
    assert.deepEqual(text.match(/\r\nx-request-id: .*/g), [`\r\nx-request-id: ${id}`])
    said.push(id)
    return id
  }

  // At once: Envoy ends each of these connections a second after its answer.
  describe('to what it refuses at sight', { concurrency: true }, () => {
    for (const [name, sent, ...answer] of REFUSED) {
      it(`${name}: ${String(answer[0])}`, async () => {
        await idOf(answer[0] === 408 ? hasty : ports.shipped, sent, answer)
      })
    }
  })

  it('to more than a limit of its own lets through: 429', async () => {
    assert.match((await exchange(ports.shipped, get('/limited'))).text, / 200 .*said by a route$/s)
    const limited = [429, 'TOOMANYREQUESTS', /what stands before the registry: try again/] as const
    await idOf(ports.shipped, get('/limited'), limited)
  })

  it('leaves rauth’s own answers as they are, over gRPC and HTTP, to the byte', async () => {
    const bearer = `Authorization: Bearer ${token}`
    const asked: readonly (readonly [status: number, sent: string])[] = [
      [401, get('/v2/')],
      [401, head('HEAD /v2/team-a/app/manifests/v1 HTTP/1.1', CLOSE)],
      [403, get('/v2/team-b/app/tags/list', bearer)],
      [400, get('/v2/team-a/app/tags/list?x=1', bearer)],
      [404, get('/v2/nothing', bearer)],
      [405, head('OPTIONS /v2/ HTTP/1.1', bearer, CLOSE)],
      // It can't tell whether a tag that may be written once is there. Over HTTP Envoy takes that for
      // no answer at all.
      [503, head('PUT /v2/team-a/app/manifests/v1 HTTP/1.1', bearer, 'Content-Length: 0', CLOSE)],
      // And what comes from a server.
      [200, get('/jwks.json')],
      [200, get('/said')],
    ]
    for (const [status, sent] of asked) {
      const answers = await Promise.all(
        Object.values(ports).map(async (port) => {
          const { text } = await exchange(port, sent)
          assert.equal(text.match(/^x-request-id: /gm)?.length, 1, text)
          return text
            .replaceAll(ID, 'ID')
            .replaceAll(/^(date|x-envoy-upstream-service-time): .*\r$/gm, '$1')
        }),
      )
      const [grpc = '', http = '', silent, silentHttp] = answers
      for (const answer of answers)
        assert.match(answer, new RegExp(`^HTTP/1\\.1 ${String(status)} `))
      assert.equal(grpc.includes('"decision":"ID"'), status >= 400 && !sent.startsWith('HEAD'))
      assert.equal(grpc, silent)
      if (status === 503) assert.match(http, /what you may do cannot be asked/)
      else assert.equal(http, silentHttp)
    }
  })

  it('where the registry is away: 503, with the id of rauth’s record', async () => {
    const sent = get('/v2/', `Authorization: Bearer ${token}`)
    const id = await idOf(ports.shipped, sent, [503, 'UNAVAILABLE', /try again/])
    const record = (await stack.rauthLog()).split('\n').find((line) => line.includes(id))
    assert.match(
      record ?? 'no record',
      /"outcome":"allowed".*"requestId"|"requestId".*"outcome":"allowed"/,
    )
  })

  it('while it is overloaded: 503', async () => {
    await setPressure(1)
    try {
      const overloaded = async () =>
        (await exchange(ports.shipped, get('/v2/'))).text.includes(' 503 ')
      await until('it refuses', 20_000, overloaded)
      await idOf(ports.shipped, get('/v2/'), [503, 'UNAVAILABLE', /too much .*: try again/])
    } finally {
      await setPressure(0)
      await until('it is as before', 20_000, async () => {
        return (await exchange(ports.shipped, get('/v2/'))).text.includes(' 401 ')
      })
    }
  })

  it('while rauth hangs: 503 for checks, 504 for tokens', async () => {
    process.kill(stack.rauthPid(), 'SIGSTOP')
    try {
      await idOf(hasty, get('/v2/'), [503, 'UNAVAILABLE', /what you may do .*: try again/])
      await idOf(hasty, get('/token'), [504, 'UNAVAILABLE', /not in time: try again/])
    } finally {
      process.kill(stack.rauthPid(), 'SIGCONT')
    }
  })

  it('while rauth is away: 503, in words that a client prints', async () => {
    await stack.killRauth()
    for (const port of [ports.shipped, ports.http]) {
      await idOf(port, get('/v2/'), [503, 'UNAVAILABLE', /what you may do .*: try again/])
      await idOf(port, get('/token'), [503, 'UNAVAILABLE', /try again/])
    }
    const client = await craneClient(stack.registry, stack.login('team-a'))
    try {
      const pulled = await client.pull(`${stack.registry}/team-a/app:v1`)
      assert.notEqual(pulled.code, 0)
      assert.match(
        pulled.output,
        /UNAVAILABLE: what you may do cannot be asked right now: try again/,
      )
    } finally {
      await client.remove()
    }
  })

  it('has the id of each in its log', async () => {
    await until('all are there', 20_000, async () => {
      const log = await stack.envoyLog()
      return said.every((id) => log.includes(`"requestId":"${id}"`))
    })
    assert.doesNotMatch(await stack.envoyLog(), /"requestId":(?:null|"evil)/)
  })
})
