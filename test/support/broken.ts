import type { Json } from './kubernetes/api.ts'

/** The object with each of its fields in turn under a name that nobody knows. */
export function* misspelt(object: Json): Generator<Json> {
  // Labels, annotations and headers have any name.
  if (Object.keys(object).every((name) => ANY_NAME.test(name))) return
  for (const [name, value] of Object.entries(object)) {
    const others = Object.fromEntries(Object.entries(object).filter(([key]) => key !== name))
    yield { ...others, [`${name}x`]: value }
    if (isEnvoys(name, object)) continue
    for (const broken of inside(value, misspelt)) yield { ...object, [name]: broken }
  }
}

/** What the patch of an EnvoyFilter puts into Envoy's configuration is Envoy's to judge. */
const isEnvoys = (name: string, object: Json) => name === 'value' && 'operation' in object

const ANY_NAME = /\/|^istio$|^X[-_]/

/** The object with each of its values in turn of another type. */
export function* mistyped(object: Json): Generator<Json> {
  for (const [name, value] of Object.entries(object)) {
    yield { ...object, [name]: ofAnotherType(value) }
    if (isEnvoys(name, object)) continue
    for (const broken of inside(value, mistyped)) yield { ...object, [name]: broken }
  }
}

/** Of no type that a value could have been meant to have: `'80'` for 80 may be right. */
function ofAnotherType(value: unknown): unknown {
  return typeof value === 'object' ? 'text' : { of: 'another type' }
}

function* inside(value: unknown, broken: (object: Json) => Iterable<Json>): Generator {
  if (Array.isArray(value)) {
    const items = value as readonly unknown[]
    for (const [i, item] of items.entries()) {
      for (const one of inside(item, broken)) yield items.with(i, one)
    }
  } else if (typeof value === 'object' && value !== null) {
    yield* broken(value as Json)
  }
}
