import assert from 'node:assert/strict'
import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { ExportResultCode } from '@opentelemetry/core'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { createTracing, type TracingOptions } from '../../../../src/adapters/tracing/tracing.ts'
import type { DecisionEvent, TracePosition } from '../../../../src/event.ts'

const PARENT = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), sampled: true }

function start({ sampleRatio = 1, isHeld = false } = {}) {
  const spans: ReadableSpan[] = []
  const held: (() => void)[] = []
  let dropped = 0
  const exporter: TracingOptions['exporter'] = {
    export(batch, done) {
      spans.push(...batch)
      const end = () => {
        done({ code: ExportResultCode.SUCCESS })
      }
      if (isHeld) held.push(end)
      else end()
    },
    shutdown: () => Promise.resolve(),
  }
  const tracing = createTracing({
    ...{ exporter, sampleRatio, version: '1.2.3', now: () => 5_000, delay: 60_000 },
    resource: { 'service.name': 'other', 'k8s.cluster.name': 'a' },
    onDropped: () => (dropped += 1),
  })
  return { tracing, spans, held, dropped: () => dropped }
}

const event = (trace: TracePosition, more: Partial<DecisionEvent> = {}): DecisionEvent => ({
  ...{ id: 'id-1', half: 'gateway', outcome: 'allowed', status: 200, duration: 1_500 },
  trace,
  ...more,
})

describe('createTracing', () => {
  it('makes a span of a decision, below the span of whoever asked', async () => {
    const { tracing, spans } = start()
    const { position } = tracing.begin(PARENT)
    tracing.record(event(position, { namespaces: ['team-a', 'team-b'], account: 'ci' }))
    await tracing.close(20_000)
    const [span = assert.fail()] = spans
    assert.equal(span.name, 'rauth check')
    assert.equal(span.spanContext().traceId, PARENT.traceId)
    assert.equal(span.spanContext().spanId, position.spanId)
    assert.equal(span.parentSpanContext?.spanId, PARENT.spanId)
    assert.deepEqual(
      [span.startTime, span.endTime],
      [
        [3, 500_000_000],
        [5, 0],
      ],
    )
    assert.deepEqual(span.attributes, {
      ...{ 'rauth.decision.id': 'id-1', 'rauth.half': 'gateway', 'rauth.outcome': 'allowed' },
      ...{ 'http.response.status_code': 200, 'rauth.account': 'ci' },
      'rauth.namespaces': ['team-a', 'team-b'],
    })
    const { attributes } = span.resource
    assert.equal(attributes['service.name'], 'other')
    assert.equal(attributes['service.version'], '1.2.3')
    assert.equal(attributes['k8s.cluster.name'], 'a')
  })

  it('is an error where rauth could not tell, and a refusal is none', async () => {
    const { tracing, spans } = start()
    const refusal = { outcome: 'refused', reason: 'access_denied', status: 403 } as const
    const failure = { outcome: 'failed', reason: 'not_ready', status: 503 } as const
    for (const more of [refusal, failure]) {
      tracing.record(event(tracing.begin(undefined).position, more))
    }
    await tracing.close(20_000)
    assert.deepEqual(
      spans.map(({ status, attributes }) => [status.code, attributes['error.type']]),
      [
        [0, undefined],
        [2, 'not_ready'],
      ],
    )
    assert.ok(spans.every(({ parentSpanContext }) => parentSpanContext === undefined))
  })

  it('records what whoever asked records, and of the rest the part that is wanted', async () => {
    const { tracing, spans } = start({ sampleRatio: 0 })
    const unsampled = tracing.begin({ ...PARENT, sampled: false }).position
    const own = tracing.begin(undefined).position
    assert.deepEqual([unsampled.sampled, own.sampled], [false, false])
    assert.match(own.traceId, /^[0-9a-f]{32}$/, 'logs have it all the same')
    const kept = tracing.begin(PARENT).position
    for (const position of [unsampled, own, kept]) tracing.record(event(position))
    await tracing.close(20_000)
    assert.deepEqual(
      spans.map((span) => span.spanContext().spanId),
      [kept.spanId],
    )
  })

  it('holds no more than it has room for while the collector does not answer', async () => {
    const { tracing, spans, held, dropped } = start({ isHeld: true })
    for (let i = 0; i < 3_000; i += 1) tracing.record(event(tracing.begin(PARENT).position))
    assert.equal(dropped(), 3_000 - 2_048)
    assert.ok(spans.length <= 2_048)
    const begin = performance.now()
    await tracing.close(50)
    assert.ok(performance.now() - begin < 5_000, 'a stop does not wait for it')
    for (const end of held) end()
  })
})

describe('a request that is made for a decision', () => {
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/secret-path' ? 404 : 200).end()
  })
  let port: number
  before(async () => {
    await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve))
    port = (server.address() as AddressInfo).port
  })
  after(() => server.close())

  const fetchOnce = (path: string, to = port) =>
    new Promise<void>((resolve) => {
      get({ host: '127.0.0.1', port: to, path, agent: false }, (response) => {
        response.resume().on('end', resolve)
      }).on('error', () => {
        resolve()
      })
    })

  it('is a span below it, with the host and nothing of the path', async () => {
    const { tracing, spans } = start()
    const { position, run } = tracing.begin(PARENT)
    await fetchOnce('/of-nobody')
    await run(async () => {
      await fetchOnce('/')
      await fetchOnce('/secret-path')
      await fetchOnce('/', 1)
    })
    await fetchOnce('/of-nobody')
    await tracing.close(20_000)
    const common = { 'http.request.method': 'GET', 'server.address': '127.0.0.1' }
    assert.deepEqual(
      spans.map((span) => [span.parentSpanContext?.spanId, span.status.code, span.attributes]),
      [
        [position.spanId, 0, { ...common, 'server.port': port, 'http.response.status_code': 200 }],
        [
          ...[position.spanId, 2],
          {
            ...{ ...common, 'server.port': port, 'http.response.status_code': 404 },
            'error.type': '404',
          },
        ],
        [position.spanId, 2, { ...common, 'error.type': 'ECONNREFUSED' }],
      ],
    )
    assert.ok(spans.every((span) => span.spanContext().traceId === PARENT.traceId))
  })

  it('is none of a decision that is not recorded, nor after the end', async () => {
    const { tracing, spans } = start()
    await tracing.begin({ ...PARENT, sampled: false }).run(() => fetchOnce('/'))
    await tracing.close(20_000)
    await tracing.begin(PARENT).run(() => fetchOnce('/'))
    assert.deepEqual(spans, [])
  })
})
