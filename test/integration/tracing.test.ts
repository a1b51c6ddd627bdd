import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { freePort } from '../../tools/stack/ports.ts'
import { CHECK } from '../support/check-messages.ts'
import { grpcCall, grpcSession } from '../support/grpc-calls.ts'
import { partsOnNoPage } from '../support/health-page.ts'
import { ask, basic, fetchToken } from '../support/http.ts'
import { message } from '../support/http2-frames.ts'
import { startOtlpSink, type OtlpSink, type SentSpan } from '../support/otlp-sink.ts'
import { SERVICE, startServing, type Serving } from '../support/serving.ts'
import { until } from '../support/until.ts'

const PATIENCE = 20_000
const SERVER = 2
const CLIENT = 3
const ERROR = 2

const LOGIN = { username: 'team-a', password: 'canary-of-a-password' }
const KEY = 'canary-of-an-api-key'

/** A trace of somebody in front, another each time. */
let traces = 0
function newTrace(): { traceId: string; spanId: string; traceparent: string } {
  const digits = (traces += 1).toString(16)
  const [traceId, spanId] = [digits.padStart(32, 'a'), digits.padStart(16, 'b')]
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-01` }
}

describe('spans', () => {
  let folder: string
  let sink: OtlpSink
  let hook: Server
  let serving: Serving
  const headersFile = () => path.join(folder, 'headers')
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'rauth-tracing-'))
    await writeFile(headersFile(), `Api-Key: ${KEY}\n\nX-Scope: a: b\n`)
    sink = await startOtlpSink()
    hook = createServer((_request, response) => response.writeHead(404).end())
    await new Promise<void>((resolve) => hook.listen({ host: '127.0.0.1', port: 0 }, resolve))
    const { port } = hook.address() as AddressInfo
    serving = await startServing({
      logins: [LOGIN],
      config: {
        logLevel: 'info',
        identity: [{ http: { url: `http://127.0.0.1:${port}/secret-path` } }, { secrets: {} }],
        tracing: {
          ...{ endpoint: `http://127.0.0.1:${sink.port}`, delay: '1s', timeout: '1s' },
          headersFile: headersFile(),
          attributes: [{ name: 'k8s.cluster.name', value: 'a' }],
        },
      },
    })
  })
  after(async () => {
    await serving.stop()
    await sink.close()
    hook.close()
    await rm(folder, { recursive: true, force: true })
  })

  const spanOf = async (traceId: string, kind = SERVER): Promise<SentSpan> => {
    const find = () => sink.spans.find((one) => one.traceId === traceId && one.kind === kind)
    await until(`a span of ${traceId}`, PATIENCE, () => find() !== undefined)
    return find() ?? assert.fail()
  }
  const tokenPath = `/token?service=${SERVICE}&scope=repository:team-a/app:pull`

  it('tell of a token, and of what was asked for it', async () => {
    const { traceId, spanId, traceparent } = newTrace()
    const authorization = basic(LOGIN.username, LOGIN.password)
    const headers = { authorization, traceparent, 'x-request-id': 'r-1' }
    const before = Date.now()
    assert.equal((await ask(serving.token, tokenPath, { headers })).status, 200)
    const span = await spanOf(traceId)
    assert.deepEqual([span.name, span.parentId, span.status], ['rauth token', spanId, 0])
    assert.ok(span.start > before - 1_000 && span.end < Date.now() + 1 && span.start < span.end)
    assert.equal(span.attributes['rauth.account'], 'team-a')
    assert.equal(span.attributes['rauth.granted'], 'repository:team-a/app:pull')
    assert.deepEqual(span.attributes['rauth.namespaces'], ['team-a'])
    assert.equal(span.attributes['rauth.request.id'], 'r-1')
    assert.equal(span.service, 'rauth')
    assert.equal(span.resource['k8s.cluster.name'], 'a')
    const outside = await spanOf(traceId, CLIENT)
    assert.deepEqual([outside.name, outside.parentId], ['POST', span.spanId])
    assert.equal(outside.attributes['http.response.status_code'], 404)

    await until('the log line', PATIENCE, async () => (await serving.log()).includes(traceId))
    const lines = (await serving.log()).split('\n').filter((line) => line.includes(traceId))
    const [line = assert.fail()] = lines.map((one) => JSON.parse(one) as Record<string, string>)
    assert.deepEqual([line['trace_id'], line['span_id']], [traceId, span.spanId])
  })

  it('tell of a check below the span of the question, else of the request that is asked about', async () => {
    const [asked, requested] = [newTrace(), newTrace()]
    const check = async (head: Record<string, string>) => {
      const headers = { traceparent: requested.traceparent }
      const http = { method: 'GET', path: '/v2/team-a/app/tags/list', headers }
      const over = grpcSession(serving.gateway)
      const bytes = CHECK.requestSerialize({ attributes: { request: { http } } })
      await grpcCall(over, CHECK.path, head, [message(bytes)])
      over.close()
    }
    await check({ traceparent: asked.traceparent })
    await check({})
    for (const { traceId, spanId } of [asked, requested]) {
      const span = await spanOf(traceId)
      assert.deepEqual([span.name, span.parentId, span.status], ['rauth check', spanId, 0])
      assert.equal(span.attributes['rauth.outcome'], 'refused')
      assert.equal(span.attributes['rauth.reason'], 'token_missing')
      assert.equal(span.attributes['http.response.status_code'], 401)
    }
  })

  it('tell of a check over HTTP and of the catalog', async () => {
    const [check, catalog] = [newTrace(), newTrace()]
    await ask(serving.gatewayHttp, '/v2/', { headers: { traceparent: check.traceparent } })
    await ask(serving.token, '/v2/_catalog', { headers: { traceparent: catalog.traceparent } })
    assert.equal((await spanOf(check.traceId)).name, 'rauth check')
    const span = await spanOf(catalog.traceId)
    assert.equal(span.name, 'rauth catalog')
    assert.equal(span.status === ERROR, span.attributes['rauth.outcome'] === 'failed')
  })

  it('begin a trace where nobody did', async () => {
    await fetchToken(serving.token, LOGIN, SERVICE, 'repository:team-a/other:pull')
    const isIt = ({ attributes }: SentSpan) =>
      attributes['rauth.requested'] === 'repository:team-a/other:pull'
    await until('the span', PATIENCE, () => sink.spans.some(isIt))
    const { traceId, parentId } = sink.spans.find(isIt) ?? assert.fail()
    assert.equal(parentId, '')
    assert.ok((await serving.log()).includes(`"trace_id":"${traceId}"`))
  })

  it('come with the headers of the file as it is now, and with no secret in them', async () => {
    assert.equal(sink.heads[0]?.['api-key'], KEY)
    assert.equal(sink.heads[0]['x-scope'], 'a: b')
    assert.match(sink.heads[0]['user-agent'] ?? '', /^rauth\//)
    await writeFile(headersFile(), 'Api-Key: another\n')
    const { traceId, traceparent } = newTrace()
    await ask(serving.token, tokenPath, { headers: { traceparent } })
    await spanOf(traceId)
    assert.equal(sink.heads.at(-1)?.['api-key'], 'another')
    for (const secret of [
      LOGIN.password,
      KEY,
      'secret-path',
      'eyJ',
      basic(LOGIN.username, LOGIN.password),
    ]) {
      assert.ok(!sink.bodies.some((body) => body.includes(secret)), secret)
      if (secret !== 'secret-path') assert.ok(!(await serving.log()).includes(secret), secret)
    }
  })

  it('are lost while the collector takes none, and that is told once', async () => {
    const told = async () =>
      (await serving.log()).split('\n').filter((line) => line.includes('takes no spans'))
    sink.answer(401)
    for (let i = 0; i < 2; i += 1) {
      const { traceparent } = newTrace()
      const heads = sink.heads.length
      assert.equal((await ask(serving.token, tokenPath, { headers: { traceparent } })).status, 401)
      await until('another message', PATIENCE, () => sink.heads.length > heads)
    }
    await until('the line', PATIENCE, async () => (await told()).length > 0)
    const { body } = await ask(serving.operations, '/readyz?verbose')
    assert.match(body, /^\[!\]tracing goes on: the collector takes no spans: /m)
    assert.deepEqual(partsOnNoPage((await ask(serving.operations, '/readyz')).body), [])
    sink.answer(200)
    const { traceId, traceparent } = newTrace()
    await ask(serving.token, tokenPath, { headers: { traceparent } })
    await spanOf(traceId)
    assert.equal((await told()).length, 1)
    await until('the end of it', PATIENCE, async () =>
      (await serving.log()).includes('the collector takes spans again'),
    )
    const metrics = (await ask(serving.operations, '/metrics')).body
    assert.match(metrics, /^rauth_tracing_spans_total\{outcome="lost"\} [2-9]$/m)
    assert.match(metrics, /^rauth_tracing_spans_total\{outcome="sent"\} \d+$/m)
  })
})

it('spans are sent in JSON where that is wanted, and when rauth is stopped', async () => {
  const sink = await startOtlpSink()
  const endpoint = `http://127.0.0.1:${sink.port}/v1/traces`
  const serving = await startServing({
    logins: [],
    config: { tracing: { endpoint, protocol: 'http/json', delay: '60s', sampleRatio: 0 } },
  })
  const { traceId, traceparent } = newTrace()
  try {
    await ask(serving.token, '/v2/_catalog', { headers: { traceparent } })
    await ask(serving.token, '/v2/_catalog')
  } finally {
    await serving.stop()
    await sink.close()
  }
  assert.deepEqual(
    sink.spans.map((span) => [span.traceId, span.name, span.service]),
    [[traceId, 'rauth catalog', 'rauth']],
  )
  assert.equal(sink.heads[0]?.['content-type'], 'application/json')
})

it('spans that no collector takes keep rauth from no good end', async () => {
  const endpoint = `http://127.0.0.1:${await freePort()}`
  const serving = await startServing({
    logins: [],
    config: { tracing: { endpoint, delay: '60s', sampleRatio: 1 } },
  })
  try {
    await ask(serving.token, '/v2/_catalog')
  } finally {
    await serving.stop()
  }
  assert.equal(await serving.child.ended, 'exit code 0')
})

describe('a rauth that does not trace', () => {
  /** Says what of OpenTelemetry is loaded; prom-client loads its types of all that is observed by itself. */
  const TELL = `export async function resolve(name, context, next) {
    if (/^@opentelemetry\\//.test(name) && context.parentURL.includes('/dist/src/')) {
      (await import('node:fs')).writeSync(1, name + '\\n')
    }
    return next(name, context)
  }`
  const url = (text: string) => `data:text/javascript,${encodeURIComponent(text)}`
  const HOOK = url(`import { register } from 'node:module'\nregister(${JSON.stringify(url(TELL))})`)

  function loadedBy(...modules: readonly string[]): readonly string[] {
    const source = path.resolve(import.meta.dirname, '../../src')
    const script = modules
      .map((name) => `await import(${JSON.stringify(path.join(source, name))})`)
      .join('\n')
    const { stdout, status, stderr } = spawnSync(
      process.execPath,
      ['--import', HOOK, '--input-type=module', '--eval', script],
      { encoding: 'utf8' },
    )
    assert.equal(status, 0, stderr)
    return stdout.split('\n').filter((line) => line !== '')
  }

  it('loads nothing of OpenTelemetry', () => {
    const served = ['serve/run.js', 'serve/token-service.js', 'serve/gateway.js']
    assert.deepEqual(loadedBy(...served, 'serve/tracing.js'), [])
    assert.ok(loadedBy('adapters/tracing/tracing.js').includes('@opentelemetry/sdk-trace'))
  })
})
