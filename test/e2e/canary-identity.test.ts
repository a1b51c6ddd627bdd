import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { parse, stringify } from 'yaml'
import { installParts } from '../../tools/parts/install.ts'
import { startChild, untilReady } from '../../tools/stack/child.ts'
import { freePort } from '../../tools/stack/ports.ts'
import { AUDIT, recordsOf } from '../differential/records.ts'
import { ask, basic } from '../support/http.ts'
import { startIdentityProvider } from '../support/oidc-provider.ts'
import { startOtlpSink, type OtlpSink } from '../support/otlp-sink.ts'
import { run } from '../support/run.ts'
import { SERVICE, startServing, type Serving } from '../support/serving.ts'
import { startDirectory } from '../support/slapd.ts'
import { until } from '../support/until.ts'

/** The program, from dist/test/e2e. */
const PROGRAM = path.resolve(import.meta.dirname, '../../rauth.js')
const PATIENCE = 60_000
const CLUSTER = 'https://kubernetes.default.svc.test'
const TRACE = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`

const PLANTED = {
  redis: 'canary-of-redis',
  person: 'canary-of-alice',
  live: 'canary-of-the-live-view-0123456789',
  collector: 'canary-of-the-collector',
  state: 'vendor=canary-in-tracestate',
  baggage: 'user=canary-in-baggage',
}

/** Secrets of whatever rauth itself logs in to, and of everybody who logs in by it: none comes out anywhere. */
describe('secrets of other systems', () => {
  let folder: string
  let serving: Serving
  let sink: OtlpSink
  const canaries = new Map<string, string>(Object.entries(PLANTED))
  const answers: string[] = []
  const closing: (() => unknown)[] = []

  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'rauth-canaries-'))
    closing.push(() => rm(folder, { recursive: true, force: true }))
    const file = (name: string) => path.join(folder, name)
    const redisPort = await freePort()
    const redis = await startChild({
      ...{ name: 'redis', program: (await installParts(['redis'])).redis },
      args: ['--port', `${redisPort}`, '--bind', '127.0.0.1', '--requirepass', PLANTED.redis],
      logFile: file('redis.log'),
    })
    closing.push(() => redis.stop())
    await untilReady(redis, async () => (await readFile(redis.logFile, 'utf8')).includes('Ready'))
    const directory = await startDirectory([{ uid: 'alice', password: PLANTED.person }], [])
    closing.push(() => directory.stop())
    canaries.set('bind', directory.reader.password)
    const provider = await startIdentityProvider(300, ['repository'])
    closing.push(() => provider.close())
    sink = await startOtlpSink()
    closing.push(() => sink.close())

    const { privateKey, publicKey } = await generateKeyPair('ES256')
    await writeFile(
      file('jwks'),
      JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'a', alg: 'ES256' }] }),
    )
    const accountToken = await new SignJWT({
      'kubernetes.io': {
        namespace: 'team-a',
        serviceaccount: { name: 'builder', uid: randomUUID() },
      },
    })
      .setProtectedHeader({ alg: 'ES256', kid: 'a' })
      .setIssuer(CLUSTER)
      .setAudience('registry.example')
      .setSubject('system:serviceaccount:team-a:builder')
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(privateKey)
    const idToken = await provider.idToken({ repository: 'acme/app' })
    for (const [name, token] of Object.entries({ accountToken, idToken })) {
      canaries.set(name, token)
      canaries.set(`${name}, its signature`, token.split('.')[2] ?? '')
    }
    await writeFile(file('bind'), directory.reader.password)
    await writeFile(file('live'), PLANTED.live)
    await writeFile(file('collector'), `Api-Key: ${PLANTED.collector}\n`)
    serving = await startServing({
      logins: [{ username: 'team-a', password: 'a long random text' }],
      config: {
        ...{ ...AUDIT, logLevel: 'trace' },
        identity: [
          {
            oidc: {
              ...{ issuer: provider.issuer, audience: provider.audience },
              identities: [
                { claims: { repository: 'acme/app' }, account: 'ci', namespace: 'acme' },
              ],
            },
          },
          {
            serviceAccounts: {
              ...{
                audience: 'registry.example',
                verify: 'keys',
                issuer: CLUSTER,
                jwks: file('jwks'),
              },
            },
          },
          {
            ldap: {
              url: directory.url,
              bind: { dn: directory.reader.dn, passwordFile: file('bind') },
              users: { base: directory.base, filter: '(uid=${user})' },
            },
          },
          { secrets: {} },
        ],
        guessing: { redis: `redis://:${PLANTED.redis}@127.0.0.1:${redisPort}` },
        tracing: {
          ...{ endpoint: `http://127.0.0.1:${sink.port}`, delay: '1s' },
          headersFile: file('collector'),
        },
        liveView: { enabled: true, tokenFile: file('live') },
      },
    })
    closing.push(() => serving.stop())

    const logins = { alice: PLANTED.person, ci: idToken, builder: accountToken }
    const traced = { traceparent: TRACE, tracestate: PLANTED.state, baggage: PLANTED.baggage }
    for (const [username, password] of Object.entries(logins)) {
      for (const [which, sent] of Object.entries({
        right: password,
        wrong: `${password}x`,
        twice: `${password} ${password}`,
      })) {
        canaries.set(`${username}, in base64, ${which}`, basic(username, sent).slice(6))
        const query = `/token?service=${SERVICE}&scope=repository:${username}/app:pull`
        const headers = { authorization: basic(username, sent), ...traced }
        const { status, body, headers: head } = await ask(serving.token, query, { headers })
        assert.equal(status, which === 'right' ? 200 : 401, `${username}, ${which}: ${body}`)
        answers.push(which === 'right' ? JSON.stringify(head) : `${JSON.stringify(head)}${body}`)
      }
      const bearer = { authorization: `Bearer ${password}`, ...traced }
      for (const port of [serving.token, serving.gatewayHttp]) {
        answers.push(
          JSON.stringify(await ask(port, '/v2/team-a/app/tags/list', { headers: bearer })),
        )
      }
    }
    const isTraced = () => sink.spans.some(({ traceId }) => traceId === 'a'.repeat(32))
    await until('spans', PATIENCE, isTraced)
    // The directory, Redis and the collector are away: what is said of that names no password.
    for (const close of [() => redis.kill(), () => directory.stop()]) await close()
    sink.answer(500)
    for (const name of ['alice', 'bob']) {
      const headers = { authorization: basic(name, PLANTED.person), ...traced }
      answers.push(
        JSON.stringify(await ask(serving.token, `/token?service=${SERVICE}`, { headers })),
      )
    }
    for (const token of [PLANTED.live, `${PLANTED.live}x`]) {
      for (const page of ['about', 'tables', 'stream?outcome=none', `ask?token=${token}`]) {
        if (page.startsWith('stream') && token === PLANTED.live) continue
        const headers = { authorization: `Bearer ${token}` }
        answers.push(JSON.stringify(await ask(serving.operations, `/live/${page}`, { headers })))
      }
    }
    await until('it is said', PATIENCE, async () => {
      const log = await serving.log()
      return /Redis/i.test(log) && /collector|spans/.test(log)
    })
  })
  after(async () => {
    for (const close of closing.reverse()) await close()
  })

  function assertNone(text: string, where: string): void {
    const found = [...canaries].filter(([, canary]) => text.includes(canary)).map(([name]) => name)
    assert.deepEqual(found, [], where)
  }

  it('are in no answer, no log, no file of the audit and no record', async () => {
    assertNone(answers.join('\n'), 'answers')
    const log = await serving.log()
    assert.match(log, /collector|spans/, 'the collector is told of')
    assertNone(log, 'log')
    const records = await recordsOf(serving)
    assert.ok(records.length >= 15, String(records.length))
    assertNone(
      await readFile(path.join(path.dirname(serving.config), 'audit.log'), 'utf8'),
      'audit',
    )
    for (const { id } of records) {
      assertNone((await ask(serving.operations, `/decisions/${id}`)).body, `/decisions/${id}`)
    }
  })

  it('are in no metric, on no page of operations, and in no span', async () => {
    for (const page of ['/metrics', '/readyz?verbose', '/livez', '/']) {
      assertNone((await ask(serving.operations, page)).body, page)
    }
    assertNone(JSON.stringify(sink.spans) + sink.bodies.map(String).join(), 'spans')
  })

  it('are in nothing that check-config says, of what is right and of what is not', async () => {
    const config = parse(await readFile(serving.config, 'utf8')) as Record<string, object>
    const wrong: readonly Readonly<Record<string, unknown>>[] = [
      {},
      { guessing: { redis: `rediss//:${PLANTED.redis}@127.0.0.1` } },
      { guessing: { redis: `redis://:${PLANTED.redis}@127.0.0.1:99999` } },
      { guessing: { redis: [PLANTED.redis], password: PLANTED.redis } },
      { liveView: { enabled: true, token: [PLANTED.live] } },
      { liveView: { enabled: true, token: PLANTED.live.slice(0, 19) } },
      { liveView: { enabled: true, token: PLANTED.live, tokenFile: 'both' } },
      { tracing: { endpoint: `http://u:${PLANTED.collector}@127.0.0.1:1` } },
      { identity: [{ ldap: { bind: { dn: 'a', password: PLANTED.person } } }] },
    ]
    canaries.set('a short token', PLANTED.live.slice(0, 19))
    for (const part of wrong) {
      const file = path.join(path.dirname(serving.config), 'wrong.yaml')
      await writeFile(file, stringify({ ...config, ...part }))
      const { code, output } = await run(process.execPath, [PROGRAM, 'check-config', '-f', file])
      assertNone(output, `${JSON.stringify(part)}: ${output}`)
      assert.equal(code, Object.keys(part).length === 0 ? 0 : 1, output)
    }
  })
})
