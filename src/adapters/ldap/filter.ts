/** What stands for itself nowhere in the value of a filter (RFC 4515 §3). */
const SPECIAL = /[\0()*\\]/g

/** A text as the value of a filter, whatever is in it. */
export function escapeFilter(value: string): string {
  return value.replace(SPECIAL, (one) => `\\${one.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

/** A filter with its `${…}` filled, each with a text and nothing more. */
export function fillFilter(filter: string, values: Readonly<Record<string, string>>): string {
  return filter.replace(/\$\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? escapeFilter(values[name] ?? '') : whole,
  )
}
