import { RauthError } from '../../errors.ts'
import { visible } from '../../printable.ts'
import type { Redacted } from '../../redacted.ts'
import { readBearerChallenge, type ReadChallenge } from '../../registry/read-challenge.ts'
import { ask, type Answer } from './ask.ts'

/** A user name and a password. */
export interface Login {
  readonly username: string
  readonly password: Redacted<string>
}

export interface ReceivedToken {
  readonly token: string
  /** Seconds that are left of it, as the service says. */
  readonly expiresIn: number
  /** Milliseconds since the epoch by the clock of the service; nothing if it does not say. */
  readonly date: number | undefined
}

/** RFC 6750, section 2.1. */
const BEARER_TOKEN = /^[\w.~+/-]+=*$/

/**
 * Where the tokens of a registry are fetched, as it says at `/v2/`. Throws what keeps that from being known, and what
 * is to be done `next`.
 */
export async function discoverRealm(registry: string, next: string): Promise<ReadChallenge> {
  const answer = await ask(new URL('/v2/', registry))
  const value = answer.headers.get('www-authenticate') ?? ''
  const challenge = answer.status === 401 ? readBearerChallenge(value) : undefined
  if (challenge !== undefined) return challenge
  const why =
    answer.status === 200
      ? 'lets everybody in: it asks for no token'
      : answer.status === 401
        ? 'names no realm in a Bearer challenge'
        : `answers ${answer.status} at /v2/, which no registry does`
  throw new RauthError('ERR_REFUSED', `${registry} ${why}; next: ${next}`)
}

/** A token, asked for as docker does (distribution token specification). Throws ERR_REFUSED for a no. */
export async function requestToken(
  { realm, service }: ReadChallenge,
  scopes: readonly string[],
  login: Login | undefined,
): Promise<ReceivedToken> {
  const url = new URL(realm)
  if (service !== '') url.searchParams.set('service', service)
  for (const scope of scopes) url.searchParams.append('scope', scope)
  if (login !== undefined) url.searchParams.set('account', login.username)
  const answer = await ask(url, login === undefined ? {} : { headers: headersOf(login) })
  const body = jsonOf(answer)
  const token = body['token'] ?? body['access_token']
  if (answer.status === 200 && typeof token === 'string' && !BEARER_TOKEN.test(token)) {
    throw new RauthError(
      'ERR_REFUSED',
      `${visible(realm)} gives a token with characters that none can have; next: see that it is a token service`,
    )
  }
  if (answer.status !== 200 || typeof token !== 'string') {
    throw new RauthError(
      'ERR_REFUSED',
      `${visible(realm)} answers ${answer.status}: ${complaintOf(body)}`,
    )
  }
  const { expires_in: expiresIn } = body
  return {
    token,
    // What is not said is 60 s, says the specification.
    expiresIn: typeof expiresIn === 'number' ? expiresIn : 60,
    date: dateOf(answer),
  }
}

/** Milliseconds since the epoch by the clock of who answers; nothing if it does not say. */
export function dateOf({ headers }: Pick<Answer, 'headers'>): number | undefined {
  const date = Date.parse(headers.get('date') ?? '')
  return Number.isNaN(date) ? undefined : date
}

function headersOf({ username, password }: Login): Readonly<Record<string, string>> {
  const pair = Buffer.from(`${username}:${password.reveal()}`, 'utf8').toString('base64')
  return { authorization: `Basic ${pair}` }
}

function jsonOf({ body }: Answer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}

/** What it says of itself, in the form of the distribution API. */
function complaintOf(body: Readonly<Record<string, unknown>>): string {
  const { errors } = body
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined
  const message: unknown =
    typeof first === 'object' && first !== null && 'message' in first ? first.message : undefined
  return typeof message === 'string' ? visible(message) : 'it gives no token, and does not say why'
}
