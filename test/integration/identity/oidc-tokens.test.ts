import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose'
import { createDiscovery } from '../../../src/adapters/oidc/discovery.ts'
import { createIdentityTokens } from '../../../src/adapters/oidc/identity-tokens.ts'
import { createFetchedKeys } from '../../../src/adapters/oidc/issuer-keys.ts'
import { createOutbound, type Outbound } from '../../../src/adapters/outbound.ts'
import { parseTemplate } from '../../../src/credentials/oidc/template.ts'
import type { Answer } from '../../../src/credentials/source.ts'
import { Redacted } from '../../../src/redacted.ts'
import { GITHUB } from '../../support/identity-claims.ts'
import { logInto, type LoggedLine } from '../../support/logged-lines.ts'

const NOW = 1_800_000_000
const AUDIENCE = 'registry.example'
const REFERENCE = { id: 'oidc', generation: 'g' }

interface Key {
  readonly kid: string
  readonly privateKey: CryptoKey
  readonly jwk: JWK
}

async function key(kid: string, alg = 'RS256'): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } }
}

/** An issuer that does as it is told, and counts how often it is asked for its keys. */
interface Issuer {
  keys: readonly JWK[]
  mode: 'good' | 'down' | 'other issuer' | 'no jwks' | 'redirect' | 'endless' | 'elsewhere'
  asked: number
}

describe('identity tokens', () => {
  const state: Issuer = { keys: [], mode: 'good', asked: 0 }
  const first: { key?: Key } = {}
  let server: Server
  let outbound: Outbound
  let issuer: string

  before(async () => {
    first.key = await key('one')
    server = createServer((request, response) => {
      if (state.mode === 'down') {
        response.writeHead(500).end()
        return
      }
      if (request.url === '/.well-known/openid-configuration') {
        if (state.mode === 'redirect') {
          response.writeHead(302, { location: '/jwks' }).end()
          return
        }
        const uri = state.mode === 'elsewhere' ? 'http://169.254.169.254/jwks' : `${issuer}/jwks`
        const of = state.mode === 'other issuer' ? 'https://other.test' : issuer
        response.end(JSON.stringify({ issuer: of, jwks_uri: uri }))
      } else if (request.url === '/jwks') {
        state.asked += 1
        if (state.mode === 'endless') response.end('x'.repeat(300_000))
        else response.end(state.mode === 'no jwks' ? '{}' : JSON.stringify({ keys: state.keys }))
      } else response.writeHead(404).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    outbound = createOutbound({ timeout: 2_000, limit: 262_144 })
  })
  after(() => {
    outbound.close()
    server.closeAllConnections()
    server.close()
  })

  const one = () => first.key ?? assert.fail('no key')

  /** A source with nothing known yet. */
  function start() {
    const time = { now: NOW }
    const failures = { count: 0 }
    const lines: LoggedLine[] = []
    const clock = () => time.now
    Object.assign(state, { keys: [one().jwk], mode: 'good', asked: 0 })
    const fetchKeys = createDiscovery({ issuer, outbound, guarded: outbound })
    const keys = createFetchedKeys({
      ...{ fetchKeys, issuer, clock, log: logInto(lines) },
      onFailure: () => (failures.count += 1),
    })
    const source = createIdentityTokens({
      ...{ issuer, audiences: [AUDIENCE], algorithms: ['RS256'], leeway: 10, clock },
      mappings: [
        {
          claims: { repository_owner: ['acme'] },
          account: parseTemplate('github:${repository}'),
          namespace: parseTemplate('${repository_owner}'),
        },
      ],
      ...{ keys, reference: REFERENCE },
    })
    const ask = async (token: string) =>
      told(await source.ask({ username: 'anyone', password: new Redacted(token) }))
    return { time, lines, source, ask, keys, failures }
  }

  function told(answer: Answer): string {
    if (answer.kind === 'busy') return 'busy'
    return answer.kind === 'yes'
      ? `yes ${answer.subject.account}`
      : `${answer.kind} ${answer.detail}`
  }

  const sign = (
    claims: Readonly<Record<string, unknown>> = {},
    { kid, privateKey }: Key = one(),
    header: object = {},
  ) =>
    new SignJWT({
      ...GITHUB,
      ...{ iss: issuer, aud: AUDIENCE, iat: NOW - 5, nbf: NOW - 5, exp: NOW + 300 },
      ...claims,
    })
      .setProtectedHeader({ alg: 'RS256', kid, typ: 'JWT', ...header })
      .sign(privateKey)

  it('are no other tokens of the issuer, with the same key and audience', async () => {
    const { ask } = start()
    for (const typ of ['logout+jwt', 'at+jwt', 'dpop+jwt', 'application/at+jwt']) {
      assert.match(await ask(await sign({}, one(), { typ })), /another kind of token/, typ)
    }
    for (const typ of [undefined, 'jwt', 'application/jwt']) {
      assert.match(await ask(await sign({}, one(), { typ })), /^yes /, typ)
    }
  })

  it('say themselves that they are of this issuer', async () => {
    const { source } = start()
    const claims = (token: string) => source.claims?.(new Redacted(token))
    assert.equal(claims(await sign()), true)
    assert.equal(claims(await sign({ iss: 'https://other.test' })), false)
    assert.equal(claims('password'), false)
  })

  it('are who their claims say, until they end', async () => {
    const { source } = start()
    const password = new Redacted(await sign())
    const answer = await source.ask({ username: 'anyone', password })
    assert.deepEqual(answer.kind === 'yes' && answer.subject, {
      ...{ account: 'github:acme/app', namespaces: ['acme'], until: NOW + 300 },
      credentials: [{ ...REFERENCE, vouched: true, namespace: 'acme', labels: {} }],
    })
  })

  const REFUSED: readonly (readonly [
    what: string,
    claims: Record<string, unknown>,
    answer: RegExp,
  ])[] = [
    ['for somebody else', { aud: 'other.example' }, /^no it is for somebody else: its aud/],
    ['for nobody', { aud: undefined }, /^no ERR_JWT_CLAIM_VALIDATION_FAILED aud$/],
    ['that has ended', { exp: NOW }, /^no it has ended, by the clock of this machine$/],
    ['that ended long ago', { exp: NOW - 600 }, /^no it has ended, by the clock of this machine$/],
    ['that ended within the leeway', { exp: NOW - 5 }, /^no it has ended, by the clock/],
    ['without an end', { exp: undefined }, /^no ERR_JWT_CLAIM/],
    ['that ends at no time', { exp: '2100-01-01' }, /^no ERR_JWT/],
    ['that has not begun', { nbf: NOW + 11 }, /^no it has not begun: the clocks of its issuer/],
    ['that tells of a logout', { events: {} }, /^no it is another kind of token$/],
    ['that is issued later', { iat: NOW + 11 }, /^no it was issued in the future: the clocks/],
    ['that was issued at no time', { iat: undefined }, /^no ERR_JWT_CLAIM/],
    ['of another owner', { repository_owner: 'evil' }, /^no its claims are those of no identity$/],
    ['of another issuer', { iss: 'https://other.test' }, /^not-mine /],
  ]
  for (const [what, claims, answer] of REFUSED) {
    it(`are not one ${what}`, async () => {
      assert.match(await start().ask(await sign(claims)), answer)
    })
  }

  it('may be for several, and may begin and be issued within the leeway', async () => {
    const { ask } = start()
    assert.match(
      await ask(await sign({ aud: ['x', AUDIENCE], nbf: NOW + 9, iat: NOW + 9 })),
      /^yes /,
    )
  })

  it('are not what somebody else signed', async () => {
    const { ask } = start()
    const other = await key('one')
    assert.match(await ask(await sign({}, other)), /^no ERR_JWS_SIGNATURE/)
    const jwk = { jwk: other.jwk }
    assert.match(await ask(await sign({}, other, jwk)), /^no ERR_JWS_SIGNATURE/)
    const [head = '', body = '', signature = ''] = (await sign()).split('.')
    const changed = Buffer.from(body, 'base64url').toString().replace('acme/app', 'acme/bad')
    const forged = [head, Buffer.from(changed).toString('base64url'), signature].join('.')
    assert.match(await ask(forged), /^no ERR_JWS_SIGNATURE/)
    const none = Buffer.from('{"alg":"none"}').toString('base64url')
    assert.match(await ask(`${none}.${body}.${signature}`), /^no /)
    assert.match(await ask(`${none}.${body}.`), /^not-mine /)
  })

  it('are not signed with another algorithm, nor with a public key as the secret', async () => {
    const { ask } = start()
    const pss = await key('pss', 'PS256')
    state.keys = [one().jwk, pss.jwk]
    assert.match(await ask(await sign({}, pss, { alg: 'PS256' })), /^no ERR_JOSE_ALG/)
    const secret = new TextEncoder().encode(JSON.stringify(one().jwk))
    const hmac = await new SignJWT({ iss: issuer, aud: AUDIENCE, exp: NOW + 60, iat: NOW })
      .setProtectedHeader({ alg: 'HS256', kid: 'one' })
      .sign(secret)
    assert.match(await ask(hmac), /^no ERR_JOSE_ALG/)
  })

  it('ask their issuer once for many, and again when the keys are old', async () => {
    const { time, ask } = start()
    const tokens = await Promise.all(Array.from({ length: 20 }, (_, i) => sign({ jti: `${i}` })))
    for (const answer of await Promise.all(tokens.map(ask))) assert.match(answer, /^yes /)
    assert.equal(state.asked, 1)
    time.now += 601
    const token = await sign({ exp: time.now + 60 })
    assert.match(await ask(token), /^yes /)
    assert.match(await ask(await sign({ exp: time.now + 60 }, await key('none'))), /^error|^no/)
    assert.equal(state.asked, 2)
  })

  it('of a new key are known at once, and of an unknown one cost one look in a while', async () => {
    const { time, ask } = start()
    await ask(await sign())
    const next = await key('two')
    const later = () => sign({ exp: time.now + 60 }, next)
    // Just asked: whether it is a key of the issuer can't be told yet.
    time.now += 29
    assert.match(await ask(await later()), /^error its key is not known/)
    assert.equal(state.asked, 1)
    time.now += 1
    assert.match(await ask(await later()), /^no its issuer has no such key$/)
    for (let i = 0; i < 5; i += 1) assert.match(await ask(await later()), /^error|^no/)
    assert.equal(state.asked, 2)
    state.keys = [one().jwk, next.jwk]
    time.now += 30
    assert.match(await ask(await later()), /^yes /)
    assert.equal(state.asked, 3)
  })

  it('go on with known keys while their issuer is down, and unknown ones are an error', async () => {
    const { time, lines, ask, keys, failures } = start()
    await ask(await sign())
    assert.deepEqual([keys.problem(), failures.count], [undefined, 0])
    state.mode = 'down'
    for (const after of [31, 700, 86_000]) {
      time.now = NOW + after
      assert.match(await ask(await sign({ exp: time.now + 60 })), /^yes /, `${after}`)
      const strange = await sign({ exp: time.now + 60 }, await key('three'))
      assert.match(await ask(strange), /^error its key is not known/)
    }
    time.now = NOW + 86_401
    const token = await sign({ exp: time.now + 60 })
    assert.match(await ask(token), /^error its issuer gives no keys/)
    assert.match(keys.problem() ?? '', /^its keys cannot be had: 127\.0\.0\.1:\d+ answered 500$/)
    // One for each time that it was asked.
    assert.equal(failures.count, 4)
    state.mode = 'good'
    time.now += 5
    assert.match(await ask(token), /^yes /)
    assert.deepEqual([keys.problem(), failures.count], [undefined, 4])
    assert.equal(lines.filter(({ level }) => level === 'warn').length, 1)
    assert.equal(lines.at(-1)?.message, 'the keys of an issuer can be had again')
  })

  const TROUBLES = ['down', 'other issuer', 'no jwks', 'redirect', 'endless', 'elsewhere'] as const
  for (const mode of TROUBLES) {
    it(`are an error where the issuer is ${mode}`, async () => {
      const { lines, ask } = start()
      state.mode = mode
      const token = await sign()
      assert.match(await ask(token), /^error its issuer gives no keys$/)
      assert.match(await ask(token), /^error /)
      assert.equal(lines.length, 1)
      assert.doesNotMatch(JSON.stringify(lines), new RegExp(token.slice(0, 20)))
    })
  }

  it('are never in what is said of them', async () => {
    const { ask } = start()
    for (const claims of [{}, { aud: 'x' }, { exp: 1 }, { repository_owner: 'x' }]) {
      const token = await sign(claims)
      const answer = await ask(token)
      for (const part of token.split('.')) assert.ok(!answer.includes(part))
    }
  })
})
