import { codeOf, messageOf, RauthError } from '../../errors.ts'

/** What a server said. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

export interface AskOptions {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Milliseconds until it is given up. */
  readonly timeout?: number
}

/** Longest answer that is read, bytes. */
const MAX_BODY = 16 * 1024 * 1024

const TIMEOUT = 10_000

/** What to do, by what the system or TLS calls a failure. */
const NEXT: readonly (readonly [code: RegExp, next: string])[] = [
  [/^ECONNREFUSED$/, 'see that it runs, and listens there'],
  [
    /SELF_SIGNED_CERT|^UNABLE_TO_(?:VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT)/,
    'have Node trust its CA: NODE_EXTRA_CA_CERTS=FILE, in PEM',
  ],
]

/**
 * One request, redirects not followed: what is asked may hold a password. Throws ERR_UNREACHABLE, in words
 * that say why nobody answered and what to do; also where what is in front lets no more requests through.
 */
export async function ask(
  url: string | URL,
  { method = 'GET', headers = {}, timeout = TIMEOUT }: AskOptions = {},
): Promise<Answer> {
  const where = placeOf(url)
  const signal = AbortSignal.timeout(timeout)
  const answer = await answerTo(url, { method, headers, redirect: 'manual', signal }).catch(
    (thrown: unknown) => {
      const why = `${where} does not answer: ${failureOf(thrown)}`
      throw new RauthError('ERR_UNREACHABLE', why, { cause: thrown })
    },
  )
  if (answer.status === 429 && !isRefusalOfRauth(answer)) {
    throw new RauthError(
      'ERR_UNREACHABLE',
      `${where} answers 429, and not as rauth does: something in front of it limits requests; ` +
        'next: wait, or raise that limit',
    )
  }
  return answer
}

/** Whether rauth itself said no: each refusal of its own names its decision. */
export function isRefusalOfRauth({ body }: Pick<Answer, 'body'>): boolean {
  return /"decision":"/.test(body)
}

async function answerTo(url: string | URL, asked: RequestInit): Promise<Answer> {
  const response = await fetch(url, asked)
  return { status: response.status, headers: response.headers, body: await bodyOf(response) }
}

/** Without a query, which may be long, and without what nobody should see in a log. */
function placeOf(url: string | URL): string {
  const { origin, pathname } = new URL(url)
  return `${origin}${pathname}`
}

async function bodyOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += (chunk as Uint8Array).length
    if (length > MAX_BODY) throw new Error(`an answer of more than ${MAX_BODY} bytes`)
    chunks.push(chunk as Uint8Array)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** What fetch throws says nothing but that it failed; why is its cause. */
function failureOf(thrown: unknown): string {
  if (thrown instanceof Error && thrown.name === 'TimeoutError') return 'it takes too long'
  const cause = thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown
  // Of several addresses the last failure says as much as all.
  const one: unknown = cause instanceof AggregateError ? cause.errors.at(-1) : cause
  const next = NEXT.find(([code]) => code.test(codeOf(one) ?? ''))?.[1]
  return `${messageOf(one)}${next === undefined ? '' : `; next: ${next}`}`
}
