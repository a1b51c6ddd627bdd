import type { DescribedValue } from './values.ts'

interface Node {
  description?: string
  type?: unknown
  properties?: Record<string, Node>
  required?: string[]
  additionalProperties?: boolean
}

/**
 * JSON Schema of the values: what is not in values.yaml is an error, and so is another type. Each that has a default
 * must be there: `null` takes one away, and a template would take nothing for 0.
 */
export function schemaOf(values: readonly DescribedValue[]): Readonly<Record<string, unknown>> {
  const root = closed({
    // What a chart that has this one as a part hands down.
    global: { type: 'object', description: 'Values of a chart that this one is a part of.' },
  })
  for (const { path, value, description, refinement } of values) {
    let place = root
    for (const key of path.slice(0, -1)) place = within(place, key, () => closed({}))
    const leaf = { description, ...typeOf(path, value, refinement), ...refinement }
    within(place, path.at(-1) ?? '', () => leaf, value !== null)
  }
  return { $schema: 'http://json-schema.org/draft-07/schema#', title: 'rauth', ...root }
}

function within(place: Node, key: string, make: () => Node, required = true): Node {
  const properties = (place.properties ??= {})
  const known = properties[key]
  if (known !== undefined) return known
  if (required) (place.required ??= []).push(key)
  return (properties[key] = make())
}

function closed(properties: Record<string, Node>): Node {
  return { type: 'object', additionalProperties: false, properties }
}

function typeOf(
  path: readonly string[],
  value: unknown,
  refinement: Readonly<Record<string, unknown>>,
): { readonly type?: string } {
  if ('type' in refinement || 'enum' in refinement) return {}
  if (Array.isArray(value)) return { type: 'array' }
  if (typeof value === 'number') return { type: Number.isInteger(value) ? 'integer' : 'number' }
  if (value !== null && ['string', 'boolean', 'object'].includes(typeof value)) {
    return { type: typeof value }
  }
  throw new Error(`${path.join('.')}: its default does not say its type; give it a "# @schema"`)
}
