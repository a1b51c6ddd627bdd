import { accepted, refused, type Result } from '../../../refusal.ts'
import type { RegistryRequest } from '../../../registry/request.ts'
import type { HttpAnswer } from '../../http-exchange.ts'
import { addHeader, type HeaderValues } from '../headers.ts'

/** The question of a proxy, as its line and its headers stood on the wire. */
export interface Question {
  readonly method: string
  readonly target: string
  /** Names and values in turn, repeated ones kept. */
  readonly rawHeaders: readonly string[]
}

/**
 * One kind of proxy: where its questions hold the request to judge, and what of an answer it can
 * pass on. Which one asks is configured. A question could only claim it, and so choose which of its
 * headers names the request that is judged.
 */
export interface Proxy {
  /** Method of the request to judge; `undefined` if the question does not tell it. */
  methodOf(question: Question): string | undefined
  /** The request to judge, or why that can't be known. */
  read(question: Question): Result<RegistryRequest>
  /**
   * A decision's answer in the words of the proxy; 200 allows. Without a question: it was no HTTP
   * request.
   */
  format(answer: HttpAnswer, question: Question | undefined): HttpAnswer
}

/** The header values of a question that a decision depends on. */
export function headerValues({ rawHeaders }: Question): HeaderValues {
  const values: HeaderValues = {}
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    addHeader(values, rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '')
  }
  return values
}

/** The value of a header that is there once and not empty. `name` in lower case. */
export function soleHeader({ rawHeaders }: Question, name: string): string | undefined {
  const found: string[] = []
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.toLowerCase() === name) found.push(rawHeaders[i + 1] ?? '')
  }
  return found.length === 1 && found[0] !== '' ? found[0] : undefined
}

/** Names of the headers in which a proxy carries the request line, in lower case. */
export interface CarriedLine {
  readonly method: string
  readonly uri: string
}

/**
 * The request of a proxy whose question has a line of its own and carries the client's in two
 * headers. Each must be there once: missing, the proxy is not set up to send it; doubled, one of
 * them is the client's. Content-Length, if there is any, is the question's own.
 */
export function readCarried(question: Question, names: CarriedLine): Result<RegistryRequest> {
  const method = soleHeader(question, names.method)
  const target = soleHeader(question, names.uri)
  if (method === undefined || target === undefined) {
    const name = method === undefined ? names.method : names.uri
    return refused('request_malformed', {
      detail: `${name} must be there exactly once: see gateway.http and docs/deploy`,
    })
  }
  const { authorization, contentType } = headerValues(question)
  return accepted({
    ...{ method, target, queryIsFixed: true },
    ...(authorization === undefined ? {} : { authorization }),
    ...(contentType === undefined ? {} : { contentType }),
  })
}
