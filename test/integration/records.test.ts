import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { AUDIT, recordsOf } from '../differential/records.ts'
import { CHECK } from '../support/check-messages.ts'
import { bytesOf } from '../support/checking.ts'
import { grpcCall, grpcSession } from '../support/grpc-calls.ts'
import { ask, basic } from '../support/http.ts'
import { message } from '../support/http2-frames.ts'
import { readOpenApi } from '../support/openapi.ts'
import { SERVICE, startServing, type Serving } from '../support/serving.ts'
import { tlsAuthority } from '../support/tls-certificates.ts'
import { exchange } from '../support/wire.ts'

const PAGE = path.resolve(import.meta.dirname, '../../../docs/audit.md')
const LOGIN = { username: 'team-a', password: 'a long random text' }
const authorization = basic(LOGIN.username, LOGIN.password)
const LINE = 'GET /token HTTP/1.1\r\nhost: x\r\n\r\n'

/** Of the operations port in docs/openapi.yaml; the others are of the token service. */
const OPERATIONS = ['/livez', '/readyz', '/metrics', '/decisions/{id}']
/** The same for everybody. */
const PAGES = ['/health', '/healthz', '/jwks.json', '/.well-known/openid-configuration']

describe('what has a record', () => {
  let folder: string
  let serving: Serving
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'rauth-records-'))
    const file = (name: string) => path.join(folder, name)
    const { certificate, key } = await (await tlsAuthority('CA')).issue('localhost')
    await writeFile(file('tls.crt'), certificate)
    await writeFile(file('tls.key'), key)
    serving = await startServing({
      logins: [LOGIN],
      config: {
        ...AUDIT,
        tls: { gatewayHttp: { certificate: file('tls.crt'), key: file('tls.key') } },
        liveView: { enabled: true },
        guessing: { failures: 0, perNetwork: 0 },
      },
    })
  })
  after(async () => {
    await serving.stop()
    await rm(folder, { recursive: true, force: true })
  })

  /** Records that were made while something was done. */
  async function recordsBy(done: () => Promise<unknown>) {
    const before = (await recordsOf(serving)).length
    await done()
    return (await recordsOf(serving)).slice(before)
  }

  async function calling<T>(
    call: (over: ReturnType<typeof grpcSession>) => Promise<T>,
  ): Promise<T> {
    const session = grpcSession(serving.gateway)
    try {
      return await call(session)
    } finally {
      session.destroy()
    }
  }

  /** Each row of the page's list → what makes it happen, or the test that does. */
  const WITHOUT: Readonly<Record<string, (() => Promise<void>) | string>> = {
    '`/health`, `/healthz`, `/jwks.json`, `/.well-known/openid-configuration`': async () => {
      for (const page of PAGES) assert.equal((await ask(serving.token, page)).status, 200, page)
    },
    'the operations port, `grpc.health.v1`': async () => {
      const pages = ['/livez', '/readyz', '/metrics', '/decisions/none', '/none', '/live/about']
      for (const page of pages) {
        for (const method of ['GET', 'POST']) await ask(serving.operations, page, { method })
      }
      await exchange(serving.operations, 'no HTTP\r\n\r\n')
      const { trailers } = await calling((over) =>
        grpcCall(over, '/grpc.health.v1.Health/Check', {}, [message(Buffer.alloc(0))]),
      )
      assert.equal(trailers['grpc-status'], '0')
    },
    'TLS handshakes that fail': async () => {
      await exchange(serving.gatewayHttp, LINE)
      const { body } = await ask(serving.operations, '/metrics')
      assert.match(body, /^rauth_tls_handshake_failures_total\{.*\} 1$/m)
    },
    'gRPC calls that are no `Check` (another method or media type, a broken frame)': () =>
      calling(async (over) => {
        const check = bytesOf({ method: 'GET', path: '/v2/' })
        const calls = [
          await grpcCall(over, '/envoy.service.auth.v3.Authorization/Other', {}, [message(check)]),
          await grpcCall(over, CHECK.path, { 'content-type': 'text/plain' }, [message(check)]),
          await grpcCall(over, CHECK.path, {}, [message(check).subarray(0, -3)]),
        ]
        for (const { trailers, head } of calls) {
          assert.notEqual(trailers['grpc-status'] ?? head['grpc-status'], '0')
        }
      }),
    'connections over the limits of a port, more than 16 unanswered requests on one': async () => {
      // What is asked while 16 wait is the end of the connection, and none of it is decided.
      const made = await recordsBy(() => flood(serving.token, 300))
      assert.ok(made.length <= 16, String(made.length))
    },
    'reads by digest in the [fast lane](fast-lane.md)': 'test/e2e/fast-lane.test.ts',
    'Envoy’s own answers (`denied_by_local_rate_limit`, no gateway reachable)':
      'test/e2e/gateway-differential.test.ts',
  }
  const OVER = 'connections over the limits of a port, more than 16 unanswered requests on one'

  it('is all but the list in docs/audit.md, which is the one that is tried here', async () => {
    const page = await readFile(PAGE, 'utf8')
    const section = page.split('## What has no record')[1]?.split('\n## ')[0] ?? assert.fail()
    const rows = section
      .split('\n')
      .flatMap((line) => /^\| ([^|]*[^ |]) *\|/.exec(line)?.[1] ?? [])
      .filter((row) => row !== 'what' && !row.startsWith('--'))
    const known = Object.keys(WITHOUT).map((row) => row.replaceAll('’', "'"))
    assert.deepEqual(rows, known)
    for (const where of Object.values(WITHOUT)) {
      if (typeof where === 'string') await readFile(path.resolve(PAGE, '../..', where))
    }
  })

  for (const [row, provoke] of Object.entries(WITHOUT)) {
    if (typeof provoke === 'string') continue
    it(`is not: ${row}`, async () => {
      if (row === OVER) await provoke()
      else assert.deepEqual(await recordsBy(provoke), [])
    })
  }

  it('is each route of the service, in any method, and what is none: one each', async () => {
    const paths = Object.keys(readOpenApi().document.paths)
    assert.ok(paths.includes('/token'))
    const own = paths.filter((one) => !OPERATIONS.includes(one))
    const targets = [...own, '/healthz', '/auth', '/auth/token', '/none', '/', '/livez', '/token/']
    for (const target of targets) {
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'OPTIONS']) {
        if (['GET', 'HEAD'].includes(method) && PAGES.includes(target)) continue
        const made = await recordsBy(() => ask(serving.token, target, { method }))
        assert.equal(made.length, 1, `${method} ${target}`)
      }
    }
  })

  it('is a login, well or not, and what can be read by nobody: one each', async () => {
    const query = `/token?service=${SERVICE}&scope=repository:team-a/app:pull`
    const check = bytesOf({ method: 'GET', path: '/v2/' })
    const cases: Readonly<Record<string, () => Promise<unknown>>> = {
      allowed: () => ask(serving.token, query, { headers: { authorization } }),
      refused: () => ask(serving.token, query),
      'no HTTP': () => exchange(serving.token, 'no HTTP\r\n\r\n'),
      'half a request': () => exchange(serving.token, 'GET /tok', { halfClose: true }),
      'two lengths': () =>
        exchange(
          serving.token,
          `${LINE.slice(0, -2)}content-length: 1\r\ncontent-length: 2\r\n\r\n`,
        ),
      'large headers': () =>
        exchange(serving.token, `${LINE.slice(0, -2)}x: ${'x'.repeat(20_000)}\r\n\r\n`),
      CONNECT: () => exchange(serving.token, 'CONNECT a:1 HTTP/1.1\r\nhost: a:1\r\n\r\n'),
      'a check': () => calling((over) => grpcCall(over, CHECK.path, {}, [message(check)])),
      'a Check that cannot be read': () =>
        calling((over) => grpcCall(over, CHECK.path, {}, [message(Buffer.from('no protobuf'))])),
    }
    for (const [name, done] of Object.entries(cases)) {
      assert.equal((await recordsBy(done)).length, 1, name)
    }
  })
})

/** So many requests at once; ends when the server does. */
function flood(port: number, count: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket
      .on('error', () => undefined)
      .on('close', () => {
        resolve()
      })
    socket.resume().write(LINE.repeat(count))
  })
}
