import type { Labels, ToldCredential } from '../subject.ts'
import { list, mapping, reference, text } from './payload.ts'

/** Labels that one policy can ask for. */
const MAX_LABELS = 256

/** Values of one label. */
const MAX_VALUES = 256

/**
 * `[id, generation]`; of one that was vouched for `[id, generation, namespace or "", labels]`, and of a
 * ServiceAccount its name behind these.
 */
export function formatTold({ id, generation, holder }: ToldCredential): readonly unknown[] {
  if (holder === undefined) return [id, generation]
  const { namespace = '', labels = {}, serviceaccount } = holder
  const plain = [id, generation, namespace, labels]
  return serviceaccount === undefined ? plain : [...plain, serviceaccount]
}

/** Parsed, never cast: exactly what {@link formatTold} makes. */
export function told(value: unknown): ToldCredential | undefined {
  if (!Array.isArray(value)) return undefined
  const known = reference(value.slice(0, 2))
  if (known === undefined || value.length === 2) return known
  const namespace = emptyOrText(value[2])
  const labels = labelsOf(value[3])
  if (namespace === undefined || labels === undefined) return undefined
  const holder = { ...(namespace === '' ? {} : { namespace }), labels }
  if (value.length === 4) return { ...known, holder }
  const serviceaccount = text(value[4])
  // It is one of a namespace.
  if (value.length !== 5 || serviceaccount === undefined || namespace === '') return undefined
  return { ...known, holder: { ...holder, serviceaccount } }
}

function labelsOf(value: unknown): Labels | undefined {
  const given = mapping(value)
  const entries = list(given && Object.entries(given), MAX_LABELS, (entry) => {
    const [label, values] = entry as [string, unknown]
    const read = list(values, MAX_VALUES, emptyOrText)
    return read && ([label, read] as const)
  })
  return entries && Object.fromEntries(entries)
}

function emptyOrText(value: unknown): string | undefined {
  return value === '' ? '' : text(value)
}
