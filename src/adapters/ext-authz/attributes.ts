import { isIP } from 'node:net'
import { parentOf, requestIdOf, type RequestOrigin } from '../../decision.ts'
import { accepted, refused, type Result } from '../../refusal.ts'
import { mayHaveBody, type RegistryRequest } from '../../registry/request.ts'
import { addHeader, type HeaderValues } from './headers.ts'
import { isMethod } from './http-method.ts'

/** Of envoy.service.auth.v3.CheckRequest the few fields that rauth reads. */
export interface CheckRequest {
  /** Of the other end of the connection to Envoy. */
  readonly address?: string
  readonly http?: HttpAttributes
  /** `service` of the route's `context_extensions`. */
  readonly service?: string
}

/** What the message does not hold is an empty text or list. */
export interface HttpAttributes {
  readonly method: string
  /** Path and query, undecoded. */
  readonly path: string
  /** Always empty: the query is in `path`. */
  readonly query: string
  /** Always empty. */
  readonly fragment: string
  /** Lower-case names, repeated ones joined by commas, bytes that are not UTF-8 replaced by `!`. */
  readonly headers: readonly HeaderLine[]
  /** Instead of `headers` with `encode_raw_headers: true`: every line on its own. */
  readonly headerMap: readonly HeaderLine[]
}

export interface HeaderLine {
  readonly key: string
  readonly value: string
  readonly rawValue: Uint8Array | undefined
}

/** Envoy makes it anew for each request from outside, and logs it. */
const REQUEST_ID = 'x-request-id'

const TRACE_PARENT = 'traceparent'

/** Names that only rauth may set, in the spelling of any server that takes `_` for `-`. */
const IDENTITY = /^x[-_]rauth[-_][!#$%&'*+\-.^_`|~0-9a-z]*$/

/** What Envoy says of a request → the request, or why that is not one to judge. */
export function readAttributes({ http, service }: CheckRequest): Result<RegistryRequest> {
  if (http === undefined) return malformed('no HTTP attributes')
  const { method, path } = http
  if (method === '' || path === '') return malformed('no method or no path')
  if (!isMethod(method)) return refused('method_unsupported')
  if (http.query !== '' || http.fragment !== '') {
    return malformed('a query or fragment beside the path')
  }
  const headers = readHeaders(http)
  if (!headers.ok) return headers
  return accepted({
    ...{ method, target: path, ...headers.value },
    ...(service === undefined ? {} : { service }),
  })
}

/**
 * Where it came from, for the record: nothing that could look strange in a log. `asked` is the `traceparent` of
 * the question itself, which names Envoy's span for it; that of the request names the one above.
 */
export function originOf({ address, http }: CheckRequest, asked?: string): RequestOrigin {
  const headerOf = (name: string) => {
    const isIt = ({ key }: HeaderLine) => key === name
    const line = http?.headers.find(isIt) ?? http?.headerMap.find(isIt)
    return line && lineValue(line)
  }
  return {
    ...(address === undefined || isIP(address) === 0 ? {} : { address }),
    ...(http === undefined || !isMethod(http.method) ? {} : { method: http.method }),
    ...requestIdOf(headerOf(REQUEST_ID)),
    ...parentOf(asked, headerOf(TRACE_PARENT)),
  }
}

/**
 * Request headers that must not reach the registry, in lower case: every `x-rauth-*` of the client's
 * own, and the Content-Type of a body if the decision saw none. Where Envoy shows a request whole
 * the last is no change; where its `allowed_headers` hid a form type, the body could have named
 * another repository.
 */
export function headersToRemove({ http }: CheckRequest): readonly string[] {
  if (http === undefined) return []
  const names = [...http.headers, ...http.headerMap].map(({ key }) => key.toLowerCase())
  const remove = names.filter((name) => IDENTITY.test(name))
  if (mayHaveBody(http.method) && !names.includes('content-type')) remove.push('content-type')
  return remove
}

/**
 * The headers of whichever form is there. Both, telling the same, are one; a request that Envoy
 * shows without any header is one without a token, and says so in the log: `allowed_headers` may
 * have hidden it.
 */
function readHeaders({ headers, headerMap }: HttpAttributes): Result<HeaderValues> {
  if (headerMap.length === 0) {
    return headers.length === 0
      ? refused('token_missing', { detail: 'no header is shown' })
      : collect(headers)
  }
  const listed = collect(headerMap)
  if (!listed.ok || headers.length === 0) return listed
  const folded = collect(headers)
  if (!folded.ok) return folded
  return agree(folded.value, listed.value) ? listed : malformed('headers and header_map disagree')
}

function collect(lines: readonly HeaderLine[]): Result<HeaderValues> {
  const values: HeaderValues = {}
  for (const line of lines) {
    const value = lineValue(line)
    if (value === undefined) return malformed('a header with two values')
    addHeader(values, line.key, value)
  }
  return accepted(values)
}

/** The one value of a header line, in whichever field it is; `undefined` if both have one. */
function lineValue({ value, rawValue }: HeaderLine): string | undefined {
  const raw = rawValue === undefined ? '' : latin1(rawValue)
  if (raw !== '' && value !== '') return undefined
  return raw === '' ? value : raw
}

/** Byte for character: UTF-8 that is none could read as something else. */
function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

function agree(a: HeaderValues, b: HeaderValues): boolean {
  return (
    a.authorization === b.authorization &&
    a.contentType === b.contentType &&
    a.contentLength === b.contentLength
  )
}

function malformed(detail: string) {
  return refused('request_malformed', { detail })
}
