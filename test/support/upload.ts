import { createHash } from 'node:crypto'

export const OCTETS = { 'content-type': 'application/octet-stream' }

/** Where an upload goes on, as path and query. */
export function placeOf(location = ''): string {
  const { pathname, search } = new URL(location, 'http://localhost')
  return `${pathname}${search}`
}

export function digestOf(bytes: string | Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}
