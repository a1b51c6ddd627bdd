import { formatInstant } from '../../instant.ts'
import { formatScope } from '../../registry/scope.ts'
import type { ClaimSet } from '../../token/claims.ts'

const INSTANTS = ['exp', 'nbf', 'iat']

/** Name and text of each claim; times are readable, and so is what rauth itself writes. */
export function claimRows(
  payload: Readonly<Record<string, unknown>>,
  claims: ClaimSet | undefined,
  now: number,
): readonly (readonly string[])[] {
  return Object.entries(payload).flatMap(([key, value]) => {
    if (key === 'exp' && typeof value === 'number') return [[key, endText(value, now)]]
    if (INSTANTS.includes(key) && typeof value === 'number') return [[key, formatInstant(value)]]
    if (claims === undefined) return [[key, plain(value)]]
    if (key === 'access') {
      const scopes = claims.access.map((one) => formatScope([one]))
      return scopes.length === 0
        ? [[key, 'nothing']]
        : scopes.map((scope, i) => [i === 0 ? key : '', scope])
    }
    if (key === 'rauth') {
      return [
        ['namespaces', claims.namespaces.join(', ') || 'none'],
        ['credentials', claims.credentials.map(({ id }) => id).join(', ') || 'none'],
      ]
    }
    return [[key, plain(value)]]
  })
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
