import {
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Attributes,
  type SpanContext,
} from '@opentelemetry/api'
import { millisToHrTime, type InstrumentationScope } from '@opentelemetry/core'
import type { Resource } from '@opentelemetry/resources'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'

/** What is to be told of something that has ended. Times are milliseconds since the epoch. */
export interface Ended {
  readonly name: string
  readonly kind: SpanKind
  readonly traceId: string
  readonly spanId: string
  readonly parent?: { readonly spanId: string; readonly isRemote: boolean }
  readonly start: number
  readonly end: number
  readonly failed: boolean
  readonly attributes: Attributes
}

/** A span as exporters take it: of rauth's there are only ended ones. */
export function spanOf(
  ended: Ended,
  resource: Resource,
  instrumentationScope: InstrumentationScope,
): ReadableSpan {
  const { name, kind, traceId, start, end, attributes, parent } = ended
  const context = (spanId: string, isRemote: boolean): SpanContext => ({
    ...{ traceId, spanId, isRemote, traceFlags: TraceFlags.SAMPLED },
  })
  return {
    ...{ name, kind, attributes, resource, instrumentationScope },
    spanContext: () => context(ended.spanId, false),
    ...(parent === undefined ? {} : { parentSpanContext: context(parent.spanId, parent.isRemote) }),
    startTime: millisToHrTime(start),
    endTime: millisToHrTime(end),
    duration: millisToHrTime(end - start),
    // For a server, and for us: a refusal is an answer, and only "could not tell" is an error.
    status: { code: ended.failed ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
    ...{ ended: true, links: [], events: [] },
    ...{ droppedAttributesCount: 0, droppedEventsCount: 0, droppedLinksCount: 0 },
  }
}
