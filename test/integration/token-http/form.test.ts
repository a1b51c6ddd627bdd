import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, before, describe, it } from 'node:test'
import { LINGER } from '../../../src/adapters/http-exchange.ts'
import type { Reason } from '../../../src/refusal.ts'
import { ask, basic, type Answer } from '../../support/http.ts'
import { exchange, head } from '../../support/wire.ts'
import { OTHER, PASSWORD, REALM, SERVICE, startTokenService, type TokenService } from './token-service.ts' // prettier-ignore

const TYPE = 'application/x-www-form-urlencoded'
const LOGIN = { authorization: basic('team-a', PASSWORD) }
const OWN = 'repository:team-a/app:pull,push'

type Fields = Readonly<Record<string, string | readonly string[]>>

/** As Go's url.Values encodes: sorted, spaces as plus signs. */
function encode(fields: Fields): string {
  const pairs = Object.entries(fields)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, value]) => [value].flat().map((one): [string, string] => [name, one]))
  return new URLSearchParams(pairs).toString()
}

const json = ({ body }: Answer) => JSON.parse(body) as Record<string, unknown>
const reasonOf = (answer: Answer) =>
  (json(answer) as { errors: [{ detail: { reason: Reason } }] }).errors[0].detail.reason

function claimsOf(token: unknown): Record<string, unknown> {
  const payload = String(token).split('.')[1] ?? ''
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
}

const accessOf = (answer: Answer) =>
  (claimsOf(json(answer)['access_token'])['access'] as { name: string; actions: string[] }[]).map(
    ({ name, actions }) => `${name}:${actions.join(',')}`,
  )

describe('a POST of the token endpoint', () => {
  let service: TokenService
  let off: TokenService
  before(async () => {
    service = await startTokenService({ refresh: true })
    off = await startTokenService()
  })
  after(async () => {
    await service.listener.close(100)
    await off.listener.close(100)
  })

  const get = (query: string, headers: Record<string, string> = {}, port = service.port) =>
    ask(port, `/token?${query}`, { headers })
  const post = (
    body: string,
    headers: Record<string, string | readonly string[]> = { 'content-type': TYPE },
    { port = service.port, path = '/token' } = {},
  ) => ask(port, path, { method: 'POST', headers, body })
  const login = (more: Fields = {}) => ({
    ...{ grant_type: 'password', service: SERVICE, username: 'team-a', password: PASSWORD },
    ...more,
  })
  const refresh = (refresh_token: string, more: Fields = {}) => ({
    ...{ grant_type: 'refresh_token', service: SERVICE, refresh_token },
    ...more,
  })
  async function refreshToken(): Promise<string> {
    const answer = await get(`service=${SERVICE}&offline_token=true&client_id=docker`, LOGIN)
    const token = json(answer)['refresh_token']
    return typeof token === 'string' ? token : assert.fail(answer.body)
  }

  for (const path of ['/token', '/auth']) {
    it(`gives at ${path} all that an OAuth client and a registry client read`, async () => {
      const foreign = 'repository:team-b/app:pull'
      const answer = await post(encode(login({ scope: `${OWN} ${foreign}` })), undefined, { path })
      assert.equal(answer.status, 200, answer.body)
      const { token, access_token, issued_at, ...rest } = json(answer)
      assert.equal(access_token, token)
      assert.match(String(issued_at), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
      assert.deepEqual(rest, { expires_in: 900, token_type: 'Bearer', scope: OWN })
      assert.equal(answer.headers['cache-control'], 'no-store')
      assert.equal(answer.headers['content-type'], 'application/json')
      assert.deepEqual(accessOf(answer), ['team-a/app:pull,push'])
      const { exp, iat } = claimsOf(token) as { exp: number; iat: number }
      assert.equal(exp - iat, 900)
    })
  }

  describe('as each client sends it', () => {
    it('containerd: password grant first, with a charset', async () => {
      const headers = { 'content-type': `${TYPE}; charset=utf-8`, 'user-agent': 'containerd/2' }
      const scope = 'repository:team-a/app:pull'
      const answer = await post(encode(login({ client_id: 'containerd-client', scope })), headers)
      assert.deepEqual([answer.status, accessOf(answer)], [200, ['team-a/app:pull']])
      assert.equal(json(answer)['expires_in'], 300)
    })

    it('containerd: a wrong password is a 401 here and at its second try, a GET', async () => {
      const answer = await post(
        encode(login({ client_id: 'containerd-client', password: 'wrong', scope: OWN })),
      )
      assert.deepEqual([answer.status, reasonOf(answer)], [401, 'credentials_invalid'])
      const again = await get(`scope=${OWN}&service=${SERVICE}`, {
        authorization: basic('team-a', 'wrong'),
      })
      assert.deepEqual([again.status, reasonOf(again)], [401, 'credentials_invalid'])
    })

    it('containerd: an identity token, by POST and then as the password of nobody', async () => {
      const token = await refreshToken()
      const form = encode(refresh(token, { client_id: 'containerd-client', scope: OWN }))
      assert.deepEqual(accessOf(await post(form)), ['team-a/app:pull,push'])
      const answer = await get(`scope=${OWN}&service=${SERVICE}`, {
        authorization: basic('', token),
      })
      assert.deepEqual(accessOf(answer), ['team-a/app:pull,push'])
      assert.equal(json(answer)['refresh_token'], undefined, 'nobody asked for it')
    })

    it('docker: login keeps a refresh token, which every pull then sends', async () => {
      const query = `account=team-a&client_id=docker&offline_token=true&service=${SERVICE}`
      const first = json(await get(query, LOGIN))
      const token = String(first['refresh_token'])
      assert.match(token, /^[\w-]+\.[\w-]+\.[\w-]+$/)
      assert.ok(token.length <= 3000)
      const form = encode(refresh(token, { client_id: 'docker', scope: '' }))
      const checked = await post(form)
      assert.deepEqual([checked.status, json(checked)['scope']], [200, ''])
      assert.equal(json(checked)['refresh_token'], token, 'the same one')
      const pull = await post(encode(refresh(token, { client_id: 'docker', scope: OWN })))
      assert.deepEqual(accessOf(pull), ['team-a/app:pull,push'])
    })

    it('docker: login where refresh tokens are off keeps the password', async () => {
      const query = `account=team-a&client_id=docker&offline_token=true&service=${SERVICE}`
      const answer = json(await get(query, LOGIN, off.port))
      assert.ok(answer['token'])
      assert.equal(answer['refresh_token'], undefined)
    })

    it('BuildKit: GET with an empty user name, and where that is a 401 a POST', async () => {
      const token = await refreshToken()
      const nobody = { authorization: basic('', token) }
      const query = `scope=${encodeURIComponent(OWN)}&service=${SERVICE}`
      assert.equal((await get(query, nobody)).status, 200)
      for (const [port, secret] of [
        [off.port, token],
        [service.port, 'dckr_pat_x'],
      ] as const) {
        const first = await get(query, { authorization: basic('', secret) }, port)
        assert.deepEqual([first.status, reasonOf(first)], [401, 'refresh_token_invalid'])
        const form = encode(refresh(secret, { client_id: 'buildkit-client', scope: OWN }))
        const second = await post(form, undefined, { port })
        assert.deepEqual([second.status, reasonOf(second)], [401, 'refresh_token_invalid'])
      }
    })

    it('crane: an identity token, and never a 404, which would make it nobody', async () => {
      const token = await refreshToken()
      const form = (value: string) =>
        encode(refresh(value, { client_id: 'go-containerregistry', scope: OWN }))
      assert.deepEqual(accessOf(await post(form(token))), ['team-a/app:pull,push'])
      assert.equal((await post(form('none'))).status, 401)
      assert.equal((await post(form(token), undefined, { port: off.port })).status, 401)
    })

    it('containers/image: scopes in fields of their own', async () => {
      const scope = ['repository:team-a/app:pull,push', 'repository:team-a/base:pull']
      const form = encode(refresh(await refreshToken(), { client_id: 'containers/image', scope }))
      assert.deepEqual(accessOf(await post(form)), ['team-a/app:pull,push', 'team-a/base:pull'])
    })

    it('helm registry login: password grant without scope', async () => {
      const answer = await post(encode(login({ client_id: 'oras-go' })))
      assert.deepEqual([answer.status, accessOf(answer)], [200, []])
    })

    it('helm and oras: pull with a refresh token', async () => {
      const form = refresh(await refreshToken(), { client_id: 'oras-go', scope: OWN })
      assert.deepEqual(accessOf(await post(encode(form))), ['team-a/app:pull,push'])
    })
  })

  describe('with a refresh token', () => {
    it('is asked for by access_type=offline', async () => {
      const answer = json(await post(encode(login({ access_type: 'offline' }))))
      const token = String(answer['refresh_token'])
      assert.equal((await post(encode(refresh(token)))).status, 200)
      const online = json(await post(encode(login({ access_type: 'online' }))))
      assert.equal(online['refresh_token'], undefined)
    })

    it('takes none of another kind or service, and takes it for no bearer of access', async () => {
      const token = await refreshToken()
      const access = String(json(await get(`service=${SERVICE}`, LOGIN))['token'])
      const wrong = [refresh(access), refresh(token, { service: OTHER.service }), refresh('')]
      for (const fields of wrong) {
        const answer = await post(encode(fields))
        assert.deepEqual([answer.status, reasonOf(answer)], [401, 'refresh_token_invalid'])
        assert.equal(json(answer)['error'], 'invalid_grant')
      }
      const { aud } = claimsOf(token)
      assert.ok(aud !== SERVICE && claimsOf(token)['access'] === undefined)
    })
  })

  describe('is refused', () => {
    const good = encode(login())
    const ROWS: readonly (readonly [
      what: string,
      status: number,
      reason: Reason,
      body: string,
      headers?: Record<string, string | readonly string[]> | undefined,
      path?: string,
    ])[] = [
      ['an empty form', 400, 'form_incomplete', ''],
      ['another grant', 400, 'grant_type_unsupported', encode(login({ grant_type: 'client_credentials' }))], // prettier-ignore
      ['no service', 400, 'service_unknown', encode(login({ service: '' }))],
      ['another service', 400, 'service_unknown', encode(login({ service: 'x' }))],
      ['33 scopes', 400, 'scope_malformed', encode(login({ scope: Array.from({ length: 33 }, (_, i) => `repository:team-a/app${i}:pull`) }))], // prettier-ignore
      ['two passwords', 400, 'parameters_malformed', `${good}&password=x`],
      ['credentials in the query', 400, 'credentials_in_query', 'grant_type=password', undefined, `/token?username=team-a&password=${PASSWORD}&service=${SERVICE}`], // prettier-ignore
      ['a query', 400, 'form_incomplete', good, undefined, `/token?scope=${OWN}`],
      ['another password in the header', 400, 'credentials_conflicting', good, { 'content-type': TYPE, authorization: basic('team-a', 'x') }], // prettier-ignore
      ['two Authorization headers', 400, 'credentials_malformed', good, { 'content-type': TYPE, authorization: [LOGIN.authorization, LOGIN.authorization] }], // prettier-ignore
      ['a Bearer', 400, 'credentials_malformed', good, { 'content-type': TYPE, authorization: 'Bearer x' }], // prettier-ignore
      ['no type', 415, 'form_type_unsupported', good, {}],
      ['JSON', 415, 'form_type_unsupported', JSON.stringify(login()), { 'content-type': 'application/json' }], // prettier-ignore
      ['multipart', 415, 'form_type_unsupported', good, { 'content-type': 'multipart/form-data; boundary=x' }], // prettier-ignore
      ['another charset', 415, 'form_type_unsupported', good, { 'content-type': `${TYPE}; charset=iso-8859-1` }], // prettier-ignore
      ['UTF-16', 415, 'form_type_unsupported', good, { 'content-type': `${TYPE}; charset=utf-16` }],
      ['two charsets', 415, 'form_type_unsupported', good, { 'content-type': `${TYPE}; charset=utf-8; charset=latin1` }], // prettier-ignore
      ['two types in one', 415, 'form_type_unsupported', good, { 'content-type': `${TYPE}, text/plain` }], // prettier-ignore
      ['two types', 415, 'form_type_unsupported', good, { 'content-type': [TYPE, TYPE] }],
      ['a type that begins alike', 415, 'form_type_unsupported', good, { 'content-type': `${TYPE}x` }], // prettier-ignore
      ['a compressed form', 415, 'form_type_unsupported', good, { 'content-type': TYPE, 'content-encoding': 'gzip' }], // prettier-ignore
      ['bytes that are no form', 400, 'parameters_malformed', `${good}&x=é`],
      ['too much', 413, 'request_too_large', `${good}&x=${'y'.repeat(16 * 1024)}`],
    ]
    for (const [what, status, reason, body, headers, path = '/token'] of ROWS) {
      it(`with ${what}: ${status}`, async () => {
        service.events.length = 0
        const answer = await post(body, headers, { path })
        assert.equal(answer.status, status, answer.body)
        assert.equal(reasonOf(answer), reason)
        const { errors, error, error_description, ...rest } = json(answer)
        assert.ok(errors && error && error_description)
        assert.deepEqual(rest, {})
        assert.equal(answer.headers['content-type'], 'application/json')
        assert.equal(service.events.length, 1)
        assert.doesNotMatch(JSON.stringify([answer, service.events]), new RegExp(PASSWORD))
      })
    }

    it('with the OAuth word for it', async () => {
      const word = async (fields: Fields) => json(await post(encode(fields)))['error']
      assert.equal(await word(login({ grant_type: 'x' })), 'unsupported_grant_type')
      assert.equal(await word({ service: SERVICE }), 'invalid_request')
      assert.equal(await word(login({ password: 'x' })), 'invalid_client')
      assert.equal(await word(refresh('x')), 'invalid_grant')
      assert.equal(await word(login({ scope: 'x' })), 'invalid_scope')
    })

    it('in the same way for every wrong user, password and account, and as a GET is', async () => {
      const wrong: Fields[] = [
        { password: 'wrong' },
        { username: 'team-x' },
        { username: 'team-x', password: 'wrong' },
        { password: '' },
        { username: '', password: '' },
        { username: '', password: PASSWORD },
        { account: 'team-b' },
        { username: 'team-x', account: 'team-a' },
      ]
      const answers = [
        ...(await Promise.all(wrong.map((more) => post(encode(login({ scope: OWN, ...more })))))),
        await get(`service=${SERVICE}&scope=${OWN}`, { authorization: basic('team-a', 'wrong') }),
      ]
      const bare = answers.map(({ status, headers, body }) => {
        const { date, ...others } = headers
        assert.ok(date)
        return { status, headers: others, body: body.replace(/[0-9a-f-]{36}/, 'ID') }
      })
      assert.equal(bare[0]?.status, 401)
      assert.equal(bare[0].headers['www-authenticate'], `Basic realm="${REALM}", charset="UTF-8"`)
      for (const one of bare) assert.deepEqual(one, bare[0])
    })
  })

  describe('takes a form', () => {
    const good = encode(login())
    const TYPES = [
      TYPE,
      `${TYPE};charset=UTF-8`,
      `${TYPE} ; charset="utf-8"`,
      TYPE.toUpperCase(),
      `${TYPE}; Charset=utf-8 `,
    ]
    for (const type of TYPES) {
      it(`of the type ${type}`, async () => {
        assert.equal((await post(good, { 'content-type': type })).status, 200)
      })
    }

    it('with the same credentials in the header', async () => {
      const answer = await post(good, { 'content-type': TYPE, ...LOGIN })
      assert.equal(answer.status, 200)
    })

    it('of exactly 16 KiB', async () => {
      const form = `${good}&x=`
      const answer = await post(form + 'y'.repeat(16 * 1024 - form.length))
      assert.equal(answer.status, 200, answer.body)
    })

    const request = (...headers: string[]) =>
      head('POST /token HTTP/1.1', `Content-Type: ${TYPE}`, ...headers)

    it('in chunks, and keeps the connection for the next request', async () => {
      const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`
      const { statuses } = await exchange(service.port, [
        request('Transfer-Encoding: chunked'),
        chunk(good.slice(0, 10)),
        chunk(good.slice(10)),
        '0\r\n\r\n',
        request(`Content-Length: ${good.length}`, 'Connection: close') + good,
      ])
      assert.deepEqual(statuses, [200, 200])
    })

    it('in chunks, until there are too many', async () => {
      const chunk = `1000\r\n${'a'.repeat(4096)}\r\n`
      const received = await exchange(service.port, [
        request('Transfer-Encoding: chunked'),
        ...Array.from({ length: 10 }, () => chunk),
      ])
      assert.deepEqual(received.statuses, [413])
      assert.match(received.text, /^connection: close\r$/im)
    })

    it('after "100 Continue", if it waits for that', async () => {
      const expecting = request(
        ...['Expect: 100-continue', `Content-Length: ${good.length}`, 'Connection: close'],
      )
      const { statuses } = await exchange(service.port, [expecting, good])
      assert.deepEqual(statuses, [100, 200])
      const refused = head(
        ...(['POST /token HTTP/1.1', 'Expect: 100-continue', 'Content-Type: text/plain'] as const),
        ...[`Content-Length: ${good.length}`, 'Connection: close'],
      )
      assert.deepEqual((await exchange(service.port, refused)).statuses, [415])
    })
  })

  describe('whose form never comes', () => {
    const request = (...headers: string[]) =>
      head('POST /token HTTP/1.1', `Content-Type: ${TYPE}`, ...headers)

    it('is a 408, once, and the connection is closed', async () => {
      const impatient = await startTokenService()
      impatient.server.headersTimeout = 200
      impatient.server.requestTimeout = 300
      const received = await exchange(impatient.port, [
        request('Content-Length: 90'),
        'grant_type=',
      ])
      assert.deepEqual(received.statuses, [408], received.text)
      assert.match(received.text, /^connection: close\r$/im)
      assert.deepEqual(
        impatient.events.map(({ reason }) => reason),
        ['request_timeout'],
      )
      await impatient.listener.close(100)
    })

    it('is a 408 that is not lost on its way to a client that goes on and reads late', async () => {
      const impatient = await startTokenService()
      impatient.server.headersTimeout = 200
      impatient.server.requestTimeout = 300
      const pieces = [request('Content-Length: 90'), ...Array<string>(20).fill('x=')]
      for (let attempt = 0; ; attempt += 1) {
        impatient.events.length = 0
        const begin = performance.now()
        const received = await exchange(impatient.port, pieces, { deaf: true })
        // Later than the server waits for it: on a machine that is late it says nothing.
        const isLate = performance.now() - begin > impatient.server.requestTimeout + LINGER
        if (isLate && attempt < 10) continue
        assert.deepEqual([received.statuses, received.broken], [[408], false], received.text)
        assert.equal(impatient.events.length, 1)
        break
      }
      await impatient.listener.close(100)
    })

    it('is a 400 when there is garbage instead', async () => {
      service.events.length = 0
      const received = await exchange(service.port, [
        request('Transfer-Encoding: chunked'),
        'no chunk\r\n',
      ])
      assert.deepEqual(received.statuses, [400], received.text)
      assert.deepEqual(
        service.events.map(({ reason }) => reason),
        ['request_malformed'],
      )
    })

    it('is not what garbage behind a whole form means', async () => {
      service.events.length = 0
      const form = encode(login())
      const received = await exchange(
        service.port,
        `${request(`Content-Length: ${form.length}`)}${form}\0garbage\r\n`,
      )
      assert.deepEqual(received.statuses, [200], received.text)
      assert.equal(service.events.length, 1)
    })

    it('comes behind the answer to the request before it', async () => {
      const received = await exchange(service.port, [
        head(`GET /token?service=${SERVICE} HTTP/1.1`, `Authorization: ${LOGIN.authorization}`) +
          request('Transfer-Encoding: chunked') +
          'no chunk\r\n',
      ])
      assert.deepEqual(received.statuses, [200, 400], received.text)
    })

    it('is a 400 when the client ends it before', async () => {
      const pieces = [request('Content-Length: 90'), 'grant_type=']
      const received = await exchange(service.port, pieces, { halfClose: true })
      assert.deepEqual(received.statuses, [400], received.text)
    })

    it('is answered nothing, and recorded nowhere, when the connection breaks', async () => {
      service.events.length = 0
      const socket = connect({ host: '127.0.0.1', port: service.port })
      socket.write(request('Content-Length: 90') + 'grant_type=')
      await sleep(100)
      socket.resetAndDestroy()
      await sleep(100)
      assert.deepEqual(service.events, [])
      assert.equal((await post(encode(login()))).status, 200)
    })
  })

  describe('or a GET without credentials', () => {
    const PUBLIC = 'repository:library/app:pull'
    for (const headers of [{}, { authorization: 'Basic Og==' }]) {
      it(`has a token for what is public: ${JSON.stringify(headers)}`, async () => {
        const scope = `scope=${PUBLIC}&scope=repository:team-a/app:pull`
        const answer = await get(`service=${SERVICE}&${scope}&offline_token=true`, headers)
        assert.equal(answer.status, 200, answer.body)
        assert.deepEqual(accessOf(answer), ['library/app:pull'])
        assert.equal(json(answer)['refresh_token'], undefined)
        assert.equal(claimsOf(json(answer)['token'])['sub'], '')
      })
    }

    it('is a 401 for anything else, so that clients log in', async () => {
      for (const scope of [
        '',
        'repository:team-a/app:pull',
        'repository:shared/x:pull',
        'repository:library/app:push',
      ]) {
        // prettier-ignore
        const answer = await get(`service=${SERVICE}&scope=${scope}`)
        assert.deepEqual([answer.status, reasonOf(answer)], [401, 'credentials_missing'])
      }
    })

    it('is a 401 for an account or a wrong password, also for what is public', async () => {
      const query = `service=${SERVICE}&scope=${PUBLIC}`
      const account = await get(`${query}&account=team-a`)
      assert.deepEqual([account.status, reasonOf(account)], [401, 'credentials_missing'])
      for (const secret of [basic('team-a', 'x'), basic('', 'x')]) {
        assert.equal((await get(query, { authorization: secret })).status, 401)
      }
    })
  })

  describe('for another service', () => {
    it('has tokens for it', async () => {
      const query = `service=${OTHER.service}&scope=${OWN}`
      assert.equal(claimsOf(json(await get(query, LOGIN))['token'])['aud'], OTHER.service)
      const form = encode(login({ service: OTHER.service }))
      assert.equal(claimsOf(json(await post(form))['token'])['aud'], OTHER.service)
    })

    it('names the realm of that service in a 401', async () => {
      const wrong = { authorization: basic('team-a', 'wrong') }
      const challenges = [
        await get(`service=${OTHER.service}`, wrong),
        await get(`service=${OTHER.service}`),
        await get(`service=${OTHER.service}&account=x`, LOGIN),
        await post(encode(login({ service: OTHER.service, password: 'wrong' }))),
      ].map(({ headers }) => headers['www-authenticate'])
      const expected = `Basic realm="${OTHER.realm}", charset="UTF-8"`
      assert.deepEqual(challenges, [expected, expected, expected, expected])
    })
  })
})
