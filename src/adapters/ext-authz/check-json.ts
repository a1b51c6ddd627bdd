import type { CheckRequest, HeaderLine, HttpAttributes } from './attributes.ts'

type Json = Readonly<Record<string, unknown>>

/** A CheckRequest, or the path of the object that a value lacks to be one. */
export type CheckJson = { readonly request: CheckRequest } | { readonly missing: string }

/**
 * A CheckRequest in the JSON of protocol buffers, as Envoy or grpcurl print it: names in either spelling,
 * the whole message or its `attributes` alone.
 */
export function readCheckJson(value: unknown): CheckJson {
  const whole = objectAt(value, 'attributes')
  const attributes = whole ?? objectAt({ value }, 'value')
  const request = objectAt(attributes, 'request')
  if (whole === undefined && request === undefined) return { missing: 'attributes' }
  const http = objectAt(request, 'http')
  if (request === undefined) return { missing: 'attributes.request' }
  if (http === undefined) return { missing: `${whole ? 'attributes.' : ''}request.http` }
  const source = objectAt(objectAt(attributes, 'source'), 'address')
  const address = textAt(objectAt(source, 'socketAddress'), 'address')
  const service = textAt(objectAt(attributes, 'contextExtensions'), 'service')
  return {
    request: {
      ...(address === '' ? {} : { address }),
      ...(service === '' ? {} : { service }),
      http: httpOf(http),
    },
  }
}

function httpOf(http: Json): HttpAttributes {
  const lines = at(objectAt(http, 'headerMap'), 'headers')
  return {
    method: textAt(http, 'method'),
    path: textAt(http, 'path'),
    query: textAt(http, 'query'),
    fragment: textAt(http, 'fragment'),
    headers: Object.entries(objectAt(http, 'headers') ?? {}).map(([key, value]) => ({
      ...{ key, value: typeof value === 'string' ? value : '', rawValue: undefined },
    })),
    headerMap: (Array.isArray(lines) ? lines : []).map(lineOf),
  }
}

function lineOf(value: unknown): HeaderLine {
  const line = objectAt({ value }, 'value')
  const raw = textAt(line, 'rawValue')
  return {
    ...{ key: textAt(line, 'key'), value: textAt(line, 'value') },
    rawValue: raw === '' ? undefined : Buffer.from(raw, 'base64'),
  }
}

/** The value of a field, by its JSON name or by the one in the .proto file. */
function at(value: Json | undefined, name: string): unknown {
  const original = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  return value?.[name] ?? value?.[original]
}

function objectAt(value: unknown, name: string): Json | undefined {
  const found = typeof value === 'object' && value !== null ? at(value as Json, name) : undefined
  return typeof found === 'object' && found !== null ? (found as Json) : undefined
}

function textAt(value: Json | undefined, name: string): string {
  const found = at(value, name)
  return typeof found === 'string' ? found : ''
}
