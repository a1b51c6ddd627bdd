import { ExportResultCode, type ExportResult } from '@opentelemetry/core'
import { OTLPExporterBase } from '@opentelemetry/otlp-exporter-base'
import {
  createOtlpHttpExportDelegate,
  httpAgentFactoryFromOptions,
} from '@opentelemetry/otlp-exporter-base/node-http'
import {
  JsonTraceSerializer,
  ProtobufTraceSerializer,
  TraceExporterMetricsHelper,
} from '@opentelemetry/otlp-transformer'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace'

export interface CollectorOptions {
  /** Where spans are sent, with its path. */
  readonly url: string
  readonly protocol: 'http/protobuf' | 'http/json'
  /** Longest time for one answer, attempts again included, milliseconds. */
  readonly timeout: number
  /** PEM of the CAs that it is under, in place of those that Node.js trusts. */
  readonly authority?: string | undefined
  /** Read for each batch. */
  readonly headers: () => Promise<Readonly<Record<string, string>>>
  readonly userAgent: string
  /** Told of each batch: how many spans, and why they were not taken, if they were not. */
  readonly onBatch: (spans: number, error: Error | undefined) => void
}

/** Formats of OTLP over HTTP (OpenTelemetry Protocol, "Binary Protobuf Encoding" and "JSON Protobuf Encoding"). */
const FORMATS = {
  'http/protobuf': { type: 'application/x-protobuf', serializer: ProtobufTraceSerializer },
  'http/json': { type: 'application/json', serializer: JsonTraceSerializer },
}

/**
 * Sends spans to a collector, and reads no `OTEL_…` of the environment: all of it is configured. A failure goes to
 * `onBatch` alone.
 */
export function createCollector(options: CollectorOptions): SpanExporter {
  const { url, timeout, authority: ca, userAgent, onBatch } = options
  const { type, serializer } = FORMATS[options.protocol]
  const delegate = createOtlpHttpExportDelegate(
    {
      ...{ url, timeoutMillis: timeout, userAgent, compression: 'gzip', concurrencyLimit: 4 },
      headers: async () => ({ ...(await options.headers()), 'Content-Type': type }),
      agentFactory: httpAgentFactoryFromOptions({
        keepAlive: true,
        ...(ca === undefined ? {} : { ca }),
      }),
    },
    serializer,
    'otlp_http_span_exporter',
    TraceExporterMetricsHelper,
    undefined,
  )
  const exporter = new OTLPExporterBase(delegate)
  return {
    export(spans: ReadableSpan[], done: (result: ExportResult) => void) {
      exporter.export(spans, ({ code, error }) => {
        const failure = error ?? new Error('the collector takes no spans')
        onBatch(spans.length, code === ExportResultCode.SUCCESS ? undefined : failure)
        // What failed was told: OpenTelemetry would tell it again, on standard error.
        done({ code: ExportResultCode.SUCCESS })
      })
    },
    shutdown: () => exporter.shutdown(),
  }
}
