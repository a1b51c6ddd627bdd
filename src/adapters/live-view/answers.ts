import type { HttpAnswer } from '../http-exchange.ts'

/** What the page may do in a browser: run and show what comes from here, and nothing else. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  // No text becomes markup or a script, whatever the page's own code does.
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

/** Of each answer. */
export const GUARDED: Readonly<Record<string, string>> = {
  'Content-Security-Policy': POLICY,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
}

const TYPES = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
}

export function fileAnswer(name: string, body: string, status = 200): HttpAnswer {
  const type = TYPES[name.slice(name.lastIndexOf('.') + 1) as keyof typeof TYPES]
  return { status, headers: { ...GUARDED, 'Content-Type': type }, body }
}

export function jsonAnswer(status: number, value: object): HttpAnswer {
  return jsonTextAnswer(status, JSON.stringify(value))
}

export function jsonTextAnswer(status: number, body: string): HttpAnswer {
  return { status, headers: { ...GUARDED, 'Content-Type': 'application/json' }, body }
}

export function withHeaders(
  answer: HttpAnswer,
  headers: Readonly<Record<string, string>>,
): HttpAnswer {
  return { ...answer, headers: { ...answer.headers, ...headers } }
}
