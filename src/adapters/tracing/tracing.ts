import { AsyncLocalStorage } from 'node:async_hooks'
import { SpanKind } from '@opentelemetry/api'
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources'
import {
  BatchSpanProcessor,
  RandomIdGenerator,
  SamplingDecision,
  TraceIdRatioBasedSampler,
  type SpanExporter,
} from '@opentelemetry/sdk-trace'
import type { BeginTrace } from '../../decision.ts'
import type { DecisionEvent, TracePosition } from '../../event.ts'
import { attributesOf } from './attributes.ts'
import { followRequests } from './requests.ts'
import { spanOf, type Ended } from './span.ts'

export interface TracingOptions {
  readonly exporter: SpanExporter
  /** Of what nobody in front has decided about, the part that is recorded: 0 to 1. */
  readonly sampleRatio: number
  readonly version: string
  /** More about this process, by the names of OpenTelemetry's resources. */
  readonly resource: Readonly<Record<string, string>>
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** How long a span waits for others to go with, at most, milliseconds. */
  readonly delay: number
  /** Told of a span for which there is no room. */
  readonly onDropped: () => void
}

export interface Tracing {
  readonly begin: BeginTrace
  /** Ends what was begun. */
  readonly record: (event: DecisionEvent) => void
  /** Sends what is there; takes no longer than `milliseconds`. Never rejects. */
  readonly close: (milliseconds: number) => Promise<void>
}

/** Spans that wait for the collector, and as many of them as go in one message. */
const MAX_QUEUE = 2_048
const BATCH = 512

/** A span a decision, named for what answers. */
const NAMES: Readonly<Record<DecisionEvent['half'], string>> = {
  token: 'rauth token',
  gateway: 'rauth check',
  catalog: 'rauth catalog',
  cli: 'rauth',
}

/** Spans of decisions, and of the HTTP requests that rauth makes for them. */
export function createTracing(options: TracingOptions): Tracing {
  const { exporter, version, now, onDropped } = options
  const ids = new RandomIdGenerator()
  const sampler = new TraceIdRatioBasedSampler(options.sampleRatio)
  const resource = defaultResource().merge(
    resourceFromAttributes({
      ...{ 'service.name': 'rauth', 'service.version': version },
      ...options.resource,
    }),
  )
  const within = new AsyncLocalStorage<TracePosition | undefined>()
  /** Spans that the collector has not answered for. */
  let waiting = 0
  const processor = new BatchSpanProcessor({
    exporter: {
      export(spans, done) {
        exporter.export(spans, (result) => {
          waiting -= spans.length
          done(result)
        })
      },
      shutdown: () => exporter.shutdown(),
    },
    ...{ maxQueueSize: MAX_QUEUE, maxExportBatchSize: BATCH },
    scheduledDelayMillis: options.delay,
  })

  function end(ended: Ended): void {
    if (waiting >= MAX_QUEUE) {
      onDropped()
      return
    }
    waiting += 1
    // Out of the decision that it is about: else the message that takes it away would be a part of that.
    within.exit(() => {
      processor.onEnd(spanOf(ended, resource, { name: 'rauth', version }))
    })
  }

  const requests = followRequests({
    ...{ within: () => within.getStore(), now, newId: () => ids.generateSpanId() },
    onEnd: end,
  })

  return {
    begin(parent) {
      const traceId = parent?.traceId ?? ids.generateTraceId()
      const position = {
        ...{ traceId, spanId: ids.generateSpanId() },
        ...(parent === undefined ? {} : { parentId: parent.spanId }),
        sampled: parent?.sampled ?? isSampled(traceId),
      }
      return { position, run: (body) => within.run(position, body) }
    },
    record(event) {
      const { trace, duration, half, outcome } = event
      if (trace?.spanId === undefined || !trace.sampled) return
      const { traceId, spanId, parentId } = trace
      const at = now()
      end({
        ...{ name: NAMES[half], kind: SpanKind.SERVER, traceId, spanId },
        ...(parentId === undefined ? {} : { parent: { spanId: parentId, isRemote: true } }),
        ...{ start: at - duration, end: at, failed: outcome === 'failed' },
        attributes: attributesOf(event),
      })
    },
    async close(milliseconds) {
      requests.close()
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, milliseconds)
      })
      await Promise.race([processor.shutdown().catch(() => undefined), late])
      clearTimeout(timer)
    },
  }

  function isSampled(traceId: string): boolean {
    const { decision } = sampler.shouldSample(undefined, traceId)
    return decision === SamplingDecision.RECORD_AND_SAMPLED
  }
}
