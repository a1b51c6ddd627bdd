import { createServer } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import protobuf from 'protobufjs'

/** A span as a collector gets it, whatever format it came in. */
export interface SentSpan {
  readonly service: string
  readonly resource: Attributes
  readonly name: string
  readonly kind: number
  readonly traceId: string
  readonly spanId: string
  /** Empty: it is the first of its trace. */
  readonly parentId: string
  /** Milliseconds since the epoch. */
  readonly start: number
  readonly end: number
  /** 0 unset, 1 ok, 2 error. */
  readonly status: number
  readonly attributes: Attributes
}

type Attributes = Readonly<Record<string, unknown>>

export interface OtlpSink {
  readonly port: number
  readonly spans: readonly SentSpan[]
  /** Of each message, spans or not. */
  readonly heads: readonly IncomingHttpHeaders[]
  /** Bodies as they came, unpacked. */
  readonly bodies: readonly Buffer[]
  /** What is answered from now on: 200 is yes. */
  answer(status: number): void
  close(): Promise<void>
}

/** OTLP over HTTP (opentelemetry-proto 1.x), of a span what is looked at here. */
const PROTO = `
syntax = "proto3";
message Request { repeated ResourceSpans resourceSpans = 1; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scopeSpans = 2; }
message Resource { repeated KeyValue attributes = 1; }
message ScopeSpans { repeated Span spans = 2; }
message Span {
  bytes traceId = 1; bytes spanId = 2; bytes parentSpanId = 4; string name = 5; int32 kind = 6;
  fixed64 startTimeUnixNano = 7; fixed64 endTimeUnixNano = 8; repeated KeyValue attributes = 9;
  Status status = 15;
}
message Status { string message = 2; int32 code = 3; }
message KeyValue { string key = 1; AnyValue value = 2; }
message AnyValue {
  oneof value { string stringValue = 1; bool boolValue = 2; int64 intValue = 3; double doubleValue = 4; ArrayValue arrayValue = 5; }
}
message ArrayValue { repeated AnyValue values = 1; }
`

interface Message {
  readonly resourceSpans?: readonly {
    readonly resource?: { readonly attributes?: readonly KeyValue[] }
    readonly scopeSpans?: readonly { readonly spans?: readonly WrittenSpan[] }[]
  }[]
}

interface WrittenSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes?: readonly KeyValue[]
  readonly status?: { readonly code?: number }
}

interface KeyValue {
  readonly key: string
  readonly value: AnyValue
}

interface AnyValue {
  readonly stringValue?: string
  readonly boolValue?: boolean
  readonly intValue?: string | number
  readonly doubleValue?: number
  readonly arrayValue?: { readonly values?: readonly AnyValue[] }
}

/** A collector that keeps all it gets, on a port of its own. */
export async function startOtlpSink(): Promise<OtlpSink> {
  const type = protobuf.parse(PROTO).root.lookupType('Request')
  const spans: SentSpan[] = []
  const heads: IncomingHttpHeaders[] = []
  const bodies: Buffer[] = []
  let status = 200

  function read(body: Buffer, isJson: boolean): Message {
    if (isJson) return JSON.parse(body.toString('utf8')) as Message
    const decoded = type.toObject(type.decode(body), { longs: String, bytes: Array })
    return inHexadecimal(decoded) as Message
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { headers } = request
      const sent = Buffer.concat(chunks)
      const body = headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent
      heads.push(headers)
      bodies.push(body)
      if (status === 200 && request.url === '/v1/traces') {
        spans.push(...spansOf(read(body, headers['content-type'] === 'application/json')))
      }
      response.writeHead(request.url === '/v1/traces' ? status : 404).end()
    })
  })
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve))
  return {
    port: (server.address() as AddressInfo).port,
    ...{ spans, heads, bodies },
    answer(next) {
      status = next
    },
    close() {
      server.closeAllConnections()
      return new Promise((resolve) =>
        server.close(() => {
          resolve()
        }),
      )
    },
  }
}

function spansOf({ resourceSpans = [] }: Message): SentSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans = [] }) => {
    const about = attributesOf(resource?.attributes)
    return scopeSpans
      .flatMap(({ spans = [] }) => spans)
      .map((span) => ({
        ...{ service: String(about['service.name']), resource: about },
        ...{ name: span.name, kind: span.kind, traceId: span.traceId, spanId: span.spanId },
        parentId: span.parentSpanId ?? '',
        start: Number(BigInt(span.startTimeUnixNano) / 1000n) / 1000,
        end: Number(BigInt(span.endTimeUnixNano) / 1000n) / 1000,
        status: span.status?.code ?? 0,
        attributes: attributesOf(span.attributes),
      }))
  })
}

function attributesOf(written: readonly KeyValue[] = []): Attributes {
  return Object.fromEntries(written.map(({ key, value }) => [key, valueOf(value)]))
}

function valueOf(value: AnyValue): unknown {
  if (value.intValue !== undefined) return Number(value.intValue)
  if (value.arrayValue !== undefined) return (value.arrayValue.values ?? []).map(valueOf)
  return value.stringValue ?? value.boolValue ?? value.doubleValue
}

/** Ids as JSON has them: in a message of bytes they are lists of numbers. */
function inHexadecimal(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.every((one) => typeof one === 'number')
      ? Buffer.from(value).toString('hex')
      : value.map(inHexadecimal)
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, inHexadecimal(one)]))
}
