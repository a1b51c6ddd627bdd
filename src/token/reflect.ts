/**
 * What tsyringe, below @peculiar/x509, wants of the Metadata Reflection API: it throws at import
 * without. Import this before that; an implementation that is already there stays.
 */
type Metadata = Map<unknown, unknown>

const known = new WeakMap<object, Metadata>()

function getOwnMetadata(key: unknown, target: object): unknown {
  return known.get(target)?.get(key)
}

function getMetadata(key: unknown, target: object): unknown {
  for (let at: object | null = target; at !== null; at = Reflect.getPrototypeOf(at)) {
    if (known.get(at)?.has(key) === true) return getOwnMetadata(key, at)
  }
  return undefined
}

function defineMetadata(key: unknown, value: unknown, target: object): void {
  const metadata: Metadata = known.get(target) ?? new Map()
  known.set(target, metadata.set(key, value))
}

if (!('getMetadata' in Reflect)) {
  Object.assign(Reflect, { getOwnMetadata, getMetadata, defineMetadata })
}
