import { isMapping, type Mapping } from '../../mapping.ts'
import { Redacted } from '../../redacted.ts'

/** A body as it is sent, and what of it nobody may be told. */
export interface SentBody {
  readonly text: string
  /** Whether some words about it hold a part of a secret in it, of which whoever reads them could make use. */
  readonly betrays: (words: string) => boolean
}

/** Characters in a row that are part of a secret and stand elsewhere by no accident; of a shorter one, all. */
const WINDOW = 12

/** Where a Secret has what is secret. */
const SECRET_MEMBERS = ['data', 'stringData']

const BASE64 = /^[A-Za-z0-9+/]{4,}={0,2}$/

/**
 * Writes an object in JSON, each `Redacted` in it as what it holds. `path`: where it goes; what stands there, such
 * as the namespace, is no secret.
 */
export function writeBody(body: Mapping, path: string): SentBody {
  const secrets = new Set<string>()
  for (const member of SECRET_MEMBERS) {
    const values = body[member]
    if (!isMapping(values)) continue
    for (const value of Object.values(values)) if (typeof value === 'string') keep(value)
  }
  const text = JSON.stringify(body, function (this: Mapping, key: string, value: unknown) {
    // By now `value` is what Redacted makes of itself for JSON.
    const own = this[key]
    if (!(own instanceof Redacted)) return value
    const revealed: unknown = own.reveal()
    if (typeof revealed === 'string') keep(revealed)
    return revealed
  })

  function keep(value: string): void {
    if (value === '') return
    secrets.add(value)
    if (BASE64.test(value)) secrets.add(Buffer.from(value, 'base64').toString('utf8'))
  }

  const known = path.split(/[/?&=]/).filter((part) => part.length > 1)
  return {
    text,
    betrays(words) {
      const rest = known.reduce((left, part) => left.replaceAll(part, '\n'), words)
      return [...secrets].some((secret) => haveInCommon(rest, secret))
    },
  }
}

function haveInCommon(words: string, secret: string): boolean {
  const length = Math.min(WINDOW, secret.length)
  for (let at = 0; at + length <= words.length; at += 1) {
    if (secret.includes(words.slice(at, at + length))) return true
  }
  return false
}
