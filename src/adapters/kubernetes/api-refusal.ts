import type { IncomingMessage } from 'node:http'
import { readBody } from './answer-body.ts'
import { parseObject } from './parse-object.ts'

/** Beside the words of a refusal, what of it is for programs. */
export interface RefusalDetails {
  /** How long the API server wants to be left alone, milliseconds; 0 if it does not say. */
  readonly retryAfter?: number
  /** `AlreadyExists`, `Conflict`, `NotFound`, `Expired`, … as `metav1.StatusReason` has them; empty if it does not say. */
  readonly reason?: string
}

/** What the API server says to a request that it does not serve. Nothing of what was sent is in it. */
export class ApiRefusal extends Error implements Required<RefusalDetails> {
  readonly status: number
  readonly retryAfter: number
  readonly reason: string

  constructor(status: number, message: string, { retryAfter = 0, reason = '' }: RefusalDetails) {
    super(message)
    this.name = 'ApiRefusal'
    this.status = status
    this.retryAfter = retryAfter
    this.reason = reason
  }
}

/** Of an answer that is no good one, bytes. */
const MAX_STATUS = 64 * 1024

/** Of what it says, characters: for a log line. */
const MAX_MESSAGE = 500

/** The longest that is waited because it was asked for, milliseconds. */
const MAX_RETRY_AFTER = 60_000

const REASON = /^[A-Za-z]{1,64}$/

export interface RefusalOptions {
  readonly patience: number
  /** Whether some words hold something that may not be told. */
  readonly betrays?: (words: string) => boolean
}

/** Reads what an answer that is no good one says. */
export async function refusalOf(
  response: IncomingMessage,
  { patience, betrays = () => false }: RefusalOptions,
): Promise<ApiRefusal> {
  const { statusCode = 0, headers } = response
  const text = await readBody(response, { most: MAX_STATUS, patience }).catch(() => '')
  const seconds = Number(headers['retry-after'] ?? 0)
  const wait = Number.isFinite(seconds) ? Math.min(seconds * 1000, MAX_RETRY_AFTER) : 0
  const status = parseObject(text)
  const reason = reasonOf(status)
  const words = statusText(statusCode, status)
  const said = betrays(words)
    ? `${statusCode}: ${reason}; its words hold something of what was sent and are left out`
    : words
  return new ApiRefusal(statusCode, said + nextAfter(statusCode, words), {
    retryAfter: Math.max(0, wait),
    reason,
  })
}

function nextAfter(status: number, words: string): string {
  if (status !== 403) return ''
  // As an API server calls whoever shows it neither a token nor a certificate.
  const isNobody = words.includes('User "system:anonymous"')
  return isNobody
    ? '; next: give the user in the kubeconfig a token or a certificate: it is asked as nobody'
    : '; next: give it the rights in examples/kubernetes'
}

/**
 * What a `Status` object says. It is about names and rights. But an admission webhook or a validation may quote
 * what was sent.
 */
export function statusText(code: number, status: unknown): string {
  const message =
    typeof status === 'object' && status !== null && 'message' in status
      ? status.message
      : undefined
  return typeof message === 'string' ? `${code}: ${message.slice(0, MAX_MESSAGE)}` : String(code)
}

function reasonOf(status: ReturnType<typeof parseObject>): string {
  const reason = status?.['reason']
  return typeof reason === 'string' && REASON.test(reason) ? reason : ''
}
