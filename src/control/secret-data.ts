import type { DataChanges } from './step.ts'
import type { Mapping } from '../mapping.ts'
import { Redacted } from '../redacted.ts'

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
