import { decodeBase64, decodeUtf8 } from '../credentials/strict-text.ts'
import type { Mapping } from '../mapping.ts'
import { Redacted } from '../redacted.ts'
import type { DataChanges } from './step.ts'

/** The text under a key of `data`; undefined: there is none, or it is no UTF-8 in base64. */
export function textIn(data: Redacted<Mapping>, key: string): string | undefined {
  const encoded = data.reveal()[key]
  const bytes = typeof encoded === 'string' ? decodeBase64(encoded) : undefined
  return bytes === undefined ? undefined : decodeUtf8(bytes)
}

/** What `data` of a Secret becomes by changes; base64, as the API server has it. */
export function changedData(
  data: Redacted<Mapping> | undefined,
  changes: DataChanges,
): Redacted<Mapping> {
  const values = new Map<string, unknown>(Object.entries(data?.reveal() ?? {}))
  for (const [key, value] of Object.entries(changes)) {
    if (value === null) values.delete(key)
    else values.set(key, toBase64(value).reveal())
  }
  return new Redacted(Object.fromEntries(values))
}

export function toBase64(value: Redacted<string>): Redacted<string> {
  return new Redacted(Buffer.from(value.reveal(), 'utf8').toString('base64'))
}
