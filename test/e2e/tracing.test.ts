import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { parse, type Document } from 'yaml'
import { ask, basic } from '../support/http.ts'
import { startOtlpSink, type OtlpSink, type SentSpan } from '../support/otlp-sink.ts'
import { startStack, type Stack } from '../support/stack.ts'
import { until } from '../support/until.ts'

const PATIENCE = 20_000
/** Milliseconds. */
const SLACK = 1_000

/** The repository, from dist/test/e2e. */
const ROOT = path.resolve(import.meta.dirname, '../../..')

const MANAGER = [
  'static_resources',
  'listeners',
  0,
  'filter_chains',
  0,
  'filters',
  0,
  'typed_config',
]

/** What docs/tracing.md says of Envoy, with every request recorded, and a collector on this machine. */
const tracerTo = (port: number) => (document: Document) => {
  const page = readFileSync(path.join(ROOT, 'docs/tracing.md'), 'utf8')
  const blocks = [...page.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text = '']) => text)
  const [manager = assert.fail()] = blocks.filter((text) => text.startsWith('typed_config:'))
  const [cluster = assert.fail()] = blocks.filter((text) => text.startsWith('clusters:'))
  const { typed_config } = parse(manager.replace('value: 10 ', 'value: 100 ')) as {
    typed_config: { tracing: unknown }
  }
  document.setIn([...MANAGER, 'tracing'], typed_config.tracing)
  const here = cluster
    .replace('STRICT_DNS', 'STATIC')
    .replace('otel-collector.observability', '127.0.0.1')
    .replace('port_value: 4318', `port_value: ${port}`)
  const { clusters } = parse(here) as { clusters: readonly unknown[] }
  document.addIn(['static_resources', 'clusters'], clusters[0])
}

describe('a trace that Envoy begins', () => {
  let sink: OtlpSink
  let stack: Stack
  before(async () => {
    sink = await startOtlpSink()
    stack = await startStack({
      ...{ registry: '3', registryAuth: true, envoy: true, editEnvoy: tracerTo(sink.port) },
      environment: {
        RAUTH_TRACING_ENDPOINT: `http://127.0.0.1:${sink.port}`,
        RAUTH_TRACING_DELAY: '1s',
        // Whoever is in front decides.
        RAUTH_TRACING_SAMPLE_RATIO: '0',
      },
    })
  })
  after(async () => {
    await stack.stop()
    await sink.close()
  })

  /** The span of rauth, and the one of Envoy that it stands below. */
  async function found(name: string, isIt: (span: SentSpan) => boolean) {
    const own = () => sink.spans.find((span) => span.name === name && isIt(span))
    const above = (span: SentSpan | undefined) =>
      span && sink.spans.find(({ spanId }) => spanId === span.parentId)
    await until(`${name} below a span of Envoy's`, PATIENCE, () => above(own()) !== undefined)
    return [own() ?? assert.fail(), above(own()) ?? assert.fail()] as const
  }

  it('goes on in the check, below what Envoy says of its question', async () => {
    const answer = await ask(stack.entry, '/v2/team-a/app/tags/list')
    assert.equal(answer.status, 401)
    const [check, question] = await found('rauth check', ({ attributes }) =>
      String(attributes['rauth.requested']).includes('team-a/app'),
    )
    assert.equal(question.service, 'envoy')
    assert.match(question.name, /envoy\.service\.auth\.v3\.Authorization/)
    assert.equal(question.traceId, check.traceId)
    const { traceId } = check
    const request = () =>
      sink.spans.find((span) => span.traceId === traceId && span.parentId === '')
    await until('the span of the request', PATIENCE, () => request() !== undefined)
    assert.equal(request()?.service, 'envoy')
    assert.equal(question.parentId, request()?.spanId)
    // By the clocks of two processes, of which either may be held up before it looks.
    assert.ok(question.start - SLACK <= check.start && check.end <= question.end + SLACK)
    assert.ok((await stack.rauthLog()).includes(`"trace_id":"${traceId}"`))
  })

  it('goes on in the token service', async () => {
    const { username, password } = stack.login('team-a')
    const headers = { authorization: basic(username, password) }
    const target = `/token?service=${stack.service}&scope=repository:team-a/app:pull`
    assert.equal((await ask(stack.entry, target, { headers })).status, 200)
    const [token, request] = await found('rauth token', () => true)
    assert.equal(request.service, 'envoy')
    assert.equal(request.traceId, token.traceId)
    assert.equal(token.attributes['rauth.granted'], 'repository:team-a/app:pull')
  })

  it('goes on from a client that has one', async () => {
    const [traceId, spanId] = ['c'.repeat(32), 'd'.repeat(16)]
    const headers = { traceparent: `00-${traceId}-${spanId}-01` }
    await ask(stack.entry, '/v2/team-b/app/tags/list', { headers })
    const [check] = await found('rauth check', (span) => span.traceId === traceId)
    assert.notEqual(check.parentId, spanId, 'Envoy is in between')
  })
})
