import { formatInstant } from '../../instant.ts'
import { formatScope } from '../../registry/scope.ts'
import type { ClaimSet } from '../../token/claims.ts'

const INSTANTS = ['exp', 'nbf', 'iat']

/** The last instant that a calendar has, seconds (ECMA-262, time values). */
const LAST = 8.64e12

/** What rauth says itself, beside the names that a token has. */
const OWN = ['verifies', 'namespaces', 'credentials']

/** A name that a token has; in quotes where it could be taken for a line of rauth's own. */
export function nameOf(key: string): string {
  return OWN.includes(key) || !/^\S+$/.test(key) ? JSON.stringify(key) : key
}

/** Name and text of each claim; times are readable, and so is what rauth itself writes. */
export function claimRows(
  payload: Readonly<Record<string, unknown>>,
  claims: ClaimSet | undefined,
  now: number,
): readonly (readonly string[])[] {
  return Object.entries(payload).flatMap(([key, value]) => {
    if (INSTANTS.includes(key) && isInstant(value)) {
      return [[key, key === 'exp' ? endText(value, now) : formatInstant(value)]]
    }
    if (claims !== undefined && key === 'access') {
      const scopes = claims.access.map((one) => formatScope([one]))
      return scopes.length === 0
        ? [[key, 'nothing']]
        : scopes.map((scope, i) => [i === 0 ? key : '', scope])
    }
    if (claims !== undefined && key === 'rauth') {
      return [
        ['namespaces', claims.namespaces.join(', ') || 'none'],
        ['credentials', claims.credentials.map(({ id }) => id).join(', ') || 'none'],
      ]
    }
    return [[nameOf(key), plain(value)]]
  })
}

function isInstant(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= LAST
}

function endText(end: number, now: number): string {
  const seconds = Math.round(end - now)
  const span = seconds >= 0 ? `in ${seconds} s` : `${-seconds} s ago`
  return `${formatInstant(end)} (${span})`
}

function plain(value: unknown): string {
  if (value === '') return 'empty'
  return typeof value === 'string' ? value : JSON.stringify(value)
}
