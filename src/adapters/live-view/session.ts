import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Redacted } from '../../redacted.ts'

/** Name of the cookie that a login sets. */
export const COOKIE = 'rauth_live_view'

/** How long a login lasts, seconds. */
export const SESSION = 12 * 3600

/** Whether a text is the token. How long that takes says nothing of either. */
export function isToken(token: Redacted<string>, presented: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text, 'utf8').digest()
  return timingSafeEqual(digest(token.reveal()), digest(presented))
}

/**
 * What the cookie of a login holds: when it ends, and that by a key made of the token. So each replica with
 * the token knows it, nothing is kept, and a new token ends all of them. `now`: seconds since the epoch.
 */
export function createSession(token: Redacted<string>, now: number): string {
  const until = String(Math.floor(now) + SESSION)
  return `${until}.${sealOf(token, until)}`
}

/** Whether a session was made by the token of now, and is not over. */
export function isSession(token: Redacted<string>, session: string, now: number): boolean {
  const [until = '', seal = '', ...more] = session.split('.')
  if (more.length > 0 || !/^\d{1,12}$/.test(until)) return false
  const [found, wanted] = [Buffer.from(seal), Buffer.from(sealOf(token, until))]
  return found.length === wanted.length && timingSafeEqual(found, wanted) && now < Number(until)
}

/** The value of the cookie in a `Cookie` header, RFC 6265 §5.4; of several the first. */
export function sessionIn(header: string | undefined): string | undefined {
  const prefix = `${COOKIE}=`
  return header
    ?.split(';')
    .map((pair) => pair.trim())
    .find((pair) => pair.startsWith(prefix))
    ?.slice(prefix.length)
}

function sealOf(token: Redacted<string>, until: string): string {
  return createHmac('sha256', token.reveal()).update(`rauth live view ${until}`).digest('base64url')
}
