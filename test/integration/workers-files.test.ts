import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readdir, readFile, rename } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createClient } from '@redis/client'
import { decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { makeNextKey } from '../../src/adapters/file/keys/key-maker.ts'
import { installParts } from '../../tools/parts/install.ts'
import { startChild, untilReady, type Child } from '../../tools/stack/child.ts'
import { freePort } from '../../tools/stack/ports.ts'
import { replaceFile } from '../../tools/stack/state.ts'
import { hashSync } from '../support/bcrypt.ts'
import { ask, basic, fetchToken } from '../support/http.ts'
import { askPaced } from '../support/paced.ts'
import { startIdentityProvider, type IdentityProvider } from '../support/oidc-provider.ts'
import { childrenOf } from '../support/process-figures.ts'
import { SERVICE, startServing, type Serving } from '../support/serving.ts'
import { tlsAuthority } from '../support/tls-certificates.ts'
import { handshake } from '../support/tls-client.ts'
import { until } from '../support/until.ts'

/** Longer than a busy machine needs for anything here, milliseconds. */
const PATIENCE = 20_000

const LOGIN = { username: 'team-a', password: 'correct-horse-battery' }
const SCOPE = 'repository:team-a/app:pull,push,delete'
const TAGS = '/v2/team-a/app/tags/list'
const CLUSTER = 'https://cluster.test'
const AUDIENCE = 'registry.example'

/** Each question on a connection of its own: they are given to the workers in turn. */
const MANY = Array.from({ length: 8 })

const policy = (...actions: readonly string[]) =>
  `rules:\n  - match: { name: 'team-a/**' }\n    actions: [${actions.join(', ')}]\n`

const users = (password: string, actions = '    actions: [pull]\n') =>
  `accounts:\n  bot:\n    password: ${password}\n    namespace: team-a\n${actions}`

describe('each of several workers', () => {
  const ca = tlsAuthority('CA')
  const hash = hashSync('password of bot', { cost: 4 })
  const closing: (() => unknown)[] = []
  let redis: Child
  let redisUrl: string
  let provider: IdentityProvider
  let accountToken: string
  let serving: Serving
  const file = (name: string) => path.join(path.dirname(serving.config), name)

  before(async () => {
    const port = await freePort()
    redisUrl = `redis://127.0.0.1:${port}`
    provider = await startIdentityProvider(300, ['repository'])
    closing.push(() => provider.close())
    const { privateKey, publicKey } = await generateKeyPair('ES256')
    accountToken = await new SignJWT({
      'kubernetes.io': {
        namespace: 'team-a',
        serviceaccount: { name: 'builder', uid: randomUUID() },
      },
    })
      .setProtectedHeader({ alg: 'ES256', kid: 'a' })
      .setIssuer(CLUSTER)
      .setAudience(AUDIENCE)
      .setSubject('system:serviceaccount:team-a:builder')
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(privateKey)
    const jwk = { ...(await exportJWK(publicKey)), kid: 'a', alg: 'ES256' }
    const { certificate, key } = await (await ca).issue('first')
    const { issuer, audience } = provider
    const identities = [{ claims: { repository: 'acme/app' }, account: 'ci', namespace: 'team-a' }]
    const accounts = { audience: AUDIENCE, verify: 'keys', issuer: CLUSTER, jwks: 'jwks' }
    serving = await startServing({
      logins: [LOGIN],
      files: {
        ...{ 'policy.yaml': policy('pull'), jwks: JSON.stringify({ keys: [jwk] }) },
        'users.yaml': users(hash),
        ...{ 'tls.crt': certificate, 'tls.key': key },
      },
      config: {
        ...{ workers: 2, logLevel: 'info', drainTimeout: '1s', policy: { file: './policy.yaml' } },
        keys: { directory: 'keys', publishAhead: '0s' },
        tls: { gateway: { certificate: 'tls.crt', key: 'tls.key' } },
        audit: { to: './audit.log' },
        guessing: { failures: 4, redis: redisUrl },
        identity: [
          { oidc: { issuer, audience, identities } },
          { serviceAccounts: accounts },
          ...[{ users: { file: 'users.yaml' } }, { secrets: {} }],
        ],
      },
    })
    closing.push(() => serving.stop())
    redis = await startChild({
      ...{ name: 'redis', program: (await installParts(['redis'])).redis },
      args: ['--port', `${port}`, '--bind', '127.0.0.1', '--save', ''],
      logFile: file('redis.log'),
    })
    closing.push(() => redis.stop())
    await untilReady(redis, async () => /Ready to/.test(await readFile(redis.logFile, 'utf8')))
  })
  after(async () => {
    for (const close of closing.reverse()) await close()
  })

  /** One answer after the other. */
  async function several<T>(one: () => Promise<T>): Promise<readonly T[]> {
    const found: T[] = []
    for (const [,] of MANY.entries()) found.push(await one())
    return found
  }
  const all = (status: number) => MANY.map(() => status)
  const every = (what: string, isSo: () => Promise<boolean>) =>
    until(what, PATIENCE, async () => (await several(isSo)).every(Boolean))
  const login = async (username: string, password: string, scope = SCOPE) => {
    const headers = { authorization: basic(username, password) }
    const target = `/token?service=${SERVICE}&scope=${scope}`
    return ask(serving.token, target, { headers })
  }
  const token = () => fetchToken(serving.token, LOGIN, SERVICE, SCOPE)
  const may = async (who = LOGIN) => {
    const given = await fetchToken(serving.token, who, SERVICE, SCOPE)
    return decodeJwt<{ access: { actions: string[] }[] }>(given).access[0]?.actions.join()
  }
  const botMay = () => may({ username: 'bot', password: 'password of bot' })
  const readyz = async () => (await ask(serving.operations, '/readyz?verbose')).body
  const hangUp = () => void process.kill(serving.child.pid, 'SIGHUP')
  const workers = () => childrenOf(serving.child.pid)

  it('signs by the next key, and takes tokens of both', async () => {
    const old = await token()
    await makeNextKey('next', { directory: file('keys'), algorithm: 'ES256', now: new Date() })
    const kid = (text: string) => decodeProtectedHeader(text).kid
    await every('it signs', async () => kid(await token()) !== kid(old))
    for (const bearer of [old, await token()]) {
      const headers = { authorization: `Bearer ${bearer}` }
      const check = async () => (await ask(serving.gatewayHttp, TAGS, { headers })).status
      assert.deepEqual(await several(check), all(200))
    }
  })

  it('has the next certificate of a port', async () => {
    const { certificate } = await ca
    const name = async () => {
      const socket = await handshake(serving.gateway, { ca: certificate, ALPNProtocols: ['h2'] })
      const { CN } = socket.getPeerCertificate().subject
      socket.destroy()
      return CN
    }
    assert.deepEqual(new Set(await several(name)), new Set(['first']))
    const next = await (await ca).issue('second')
    await replaceFile(file('tls.key'), next.key)
    await replaceFile(file('tls.crt'), next.certificate)
    await every('it shows it', async () => (await name()) === 'second')
  })

  it('knows tokens of ServiceAccounts and of another issuer', async () => {
    const idToken = await provider.idToken({ repository: 'acme/app' })
    for (const password of [accountToken, idToken]) {
      const status = async () => (await login('anyone', password)).status
      assert.deepEqual(await several(status), all(200))
    }
  })

  it('counts failures in Redis through the first process, and in that while Redis is away', async () => {
    const metric = async () => (await ask(serving.operations, '/metrics')).body
    await until('Redis is up', PATIENCE, async () =>
      /^rauth_guessing_redis_up 1$/m.test(await metric()),
    )
    const own = await createClient({ url: redisUrl }).connect()
    try {
      // Under another name again where Redis was late once, as on a busy machine: then each counted for itself meanwhile.
      const losses = async () => (await serving.log()).split('does not answer').length
      for (let attempt = 0; ; attempt += 1) {
        const before = await losses()
        const wrong = async () => (await login(`in-redis-${attempt}`, 'wrong')).status
        const found = await several(wrong)
        if ((await losses()) > before && attempt < 20) continue
        assert.deepEqual(found, [...all(401).slice(0, 4), ...all(429).slice(4)])
        break
      }
      const clients: string = await own.sendCommand(['CLIENT', 'LIST'])
      assert.equal(clients.trim().split('\n').length, 2, 'the first process, and this one')
    } finally {
      own.destroy()
    }
    await redis.kill()
    const wrong = async () => (await login('in-memory', 'wrong')).status
    assert.deepEqual(await several(wrong), [...all(401).slice(0, 4), ...all(429).slice(4)])
  })

  it('goes on reading a policy that a reload left alone', async () => {
    await serving.change({ token: { expiry: '7m' } })
    await every('it has the expiry', async () =>
      /"expires_in":4[012]\d,/.test((await login(LOGIN.username, LOGIN.password)).body),
    )
    await replaceFile(file('policy.yaml'), policy('pull', 'delete'))
    await every('it has the policy', async () => (await may()) === 'delete,pull')
  })

  it('takes a policy and users that seem to be half of it when asked, and not before, one that is new included', async () => {
    await replaceFile(file('policy.yaml'), policy('pull', 'push').slice(0, -1))
    await replaceFile(file('users.yaml'), users(hash, ''))
    const told = async () => {
      const text = await readyz()
      return (
        /users goes on: .*lost "actions"/.test(text) && /policy goes on: .*the middle/.test(text)
      )
    }
    await until('all tell', PATIENCE, told)
    const [first = 0] = workers()
    process.kill(first, 'SIGKILL')
    await until('another serves in its place', PATIENCE, async () =>
      /serves in the place of one that ended/.test(await serving.log()),
    )
    assert.deepEqual(new Set(await several(() => may())), new Set(['delete,pull']))
    assert.deepEqual(new Set(await several(botMay)), new Set(['pull']))
    assert.ok(await told())
    hangUp()
    await every('it takes both', async () =>
      [await may(), await botMay()].every((actions) => actions === 'pull,push'),
    )
    await until('all is well', PATIENCE, async () => (await readyz()).includes('[+]policy ok'))
  })

  it('writes whole lines to one audit, whose file is moved away under load', async () => {
    const scope = 'repository:team-a/under-load:pull'
    const load = askPaced(150, async () => {
      const { status } = await login(LOGIN.username, LOGIN.password, scope)
      if (status !== 200) throw new Error(String(status))
    })
    try {
      for (const number of [1, 2, 3]) {
        const before = load.done()
        await until('it goes on', PATIENCE, () => load.done() >= before + 60)
        await rename(file('audit.log'), file(`audit.log.${number}`))
        hangUp()
        await until('the file is there again', PATIENCE, async () =>
          (await readdir(path.dirname(serving.config))).includes('audit.log'),
        )
      }
    } finally {
      await load.stop()
    }
    assert.deepEqual(load.failures, [])
    const lines = async () => {
      const names = (await readdir(file('.'))).filter((name) => name.startsWith('audit.log'))
      const texts = await Promise.all(names.map((name) => readFile(file(name), 'utf8')))
      return texts.flatMap((text) => text.split('\n').filter((one) => one.includes('under-load')))
    }
    await until('each is written', PATIENCE, async () => (await lines()).length >= load.done())
    const read = (await lines()).map((one) => JSON.parse(one) as { id: string; worker: number })
    assert.equal(new Set(read.map(({ id }) => id)).size, load.done())
    assert.equal(read.length, load.done())
    assert.deepEqual([...new Set(read.map(({ worker }) => worker))].sort(), [1, 2])
  })
})
