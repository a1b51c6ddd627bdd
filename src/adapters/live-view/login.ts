import type { IncomingMessage } from 'node:http'
import type { HttpAnswer } from '../http-exchange.ts'
import { fileAnswer, jsonAnswer, withHeaders } from './answers.ts'
import type { Entry } from './gate.ts'
import { readPageFile } from './page-files.ts'
import { COOKIE } from './session.ts'

/** RFC 6750 §3: no browser asks for a user name and a password after this one. */
const CHALLENGE = { 'WWW-Authenticate': 'Bearer realm="rauth live view"' }

/** The answer to who may not enter. */
export function refusal(entry: Exclude<Entry, { kind: 'in' }>): HttpAnswer {
  if (entry.kind === 'out') {
    const error =
      `the live view is for this machine alone, and ${entry.words}: ` +
      'use kubectl port-forward or an SSH tunnel to localhost, or set liveView.tokenFile'
    return jsonAnswer(403, { error })
  }
  const { status, words: error } = entry
  const headers = status === 401 ? CHALLENGE : { 'Retry-After': '2' }
  return withHeaders(jsonAnswer(status, { error }), headers)
}

/** The page that asks for the token. */
export function loginPage(): HttpAnswer {
  return withHeaders(fileAnswer('login.html', readPageFile('login.html'), 401), CHALLENGE)
}

/**
 * A login, or with nothing the end of one. `Secure` where the browser came by https, as it says itself: over
 * plain HTTP it would not keep such a cookie.
 */
export function withSession(
  { headers }: IncomingMessage,
  session: string,
  seconds: number,
): HttpAnswer {
  const secure = headers.origin?.startsWith('https:') === true ? '; Secure' : ''
  const cookie = `${COOKIE}=${session}; Path=/live; Max-Age=${seconds}; HttpOnly; SameSite=Strict`
  return withHeaders(jsonAnswer(200, {}), { 'Set-Cookie': cookie + secure })
}
