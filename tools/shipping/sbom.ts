import { createHash } from 'node:crypto'
import { labelOf, type Package } from './packages.ts'

/** CycloneDX 1.5, as far as it is read or written here. */
export interface Sbom {
  readonly bomFormat: 'CycloneDX'
  readonly specVersion: string
  readonly serialNumber?: string
  readonly version: number
  readonly metadata: {
    readonly timestamp?: string
    readonly lifecycles?: readonly { readonly phase: string }[]
    readonly tools?: unknown
    readonly component: Component
  }
  readonly components: readonly Component[]
  readonly dependencies: readonly Dependency[]
}

export interface Component {
  readonly 'bom-ref': string
  readonly type: string
  readonly name: string
  readonly version: string
  readonly purl?: string
  readonly cpe?: string
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[]
  readonly licenses?: readonly unknown[]
  readonly properties?: readonly { readonly name: string; readonly value: string }[]
}

export interface Dependency {
  readonly ref: string
  readonly dependsOn?: readonly string[]
}

export interface SbomOptions {
  /** What npm says of the whole lockfile, development and all. */
  readonly lockfile: Sbom
  readonly packages: readonly Package[]
  /** What the program stands on, where that is shipped too. */
  readonly base?: readonly Component[]
  readonly timestamp?: Date
}

/**
 * The bill of materials of what is shipped: of the lockfile's components those in the bundles or beside
 * them, and the base. The same inputs make the same text, its serial number included. Throws when the
 * lockfile does not have a package that is shipped.
 */
export function sbomOf({ lockfile, packages, base = [], timestamp }: SbomOptions): Sbom {
  const root = lockfile.metadata.component
  const shipped = new Set(packages.map(labelOf))
  const components = lockfile.components.filter((one) => shipped.has(one['bom-ref']))
  const known = new Set(components.map((one) => one['bom-ref']))
  const unknown = [...shipped].filter((label) => !known.has(label))
  if (unknown.length > 0) {
    throw new Error(`package-lock.json has no ${unknown.join(', ')}; next: npm ci`)
  }
  const development = new Set(
    lockfile.components.filter(isDevelopment).map((one) => one['bom-ref']),
  )
  const edges = new Map(
    lockfile.dependencies
      .filter(({ ref }) => !development.has(ref))
      .map(({ ref, dependsOn = [] }) => [ref, dependsOn]),
  )
  const refs = [root['bom-ref'], ...[...shipped].sort()]
  const dependencies = refs.map((ref) => ({
    ref,
    dependsOn: [
      ...shippedBelow(ref, edges, shipped),
      ...(ref === root['bom-ref'] ? base.map((one) => one['bom-ref']) : []),
    ],
  }))
  const content = {
    metadata: {
      lifecycles: [{ phase: 'build' }],
      tools: lockfile.metadata.tools,
      component: { ...root, name: nameIn(root), type: 'application' },
    },
    components: [...components.toSorted(byRef), ...base],
    dependencies: [...dependencies, ...base.map((one) => ({ ref: one['bom-ref'] }))],
  }
  return {
    bomFormat: 'CycloneDX',
    specVersion: lockfile.specVersion,
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify(content))}`,
    version: 1,
    ...content,
    metadata: {
      ...(timestamp === undefined ? {} : { timestamp: timestamp.toISOString() }),
      ...content.metadata,
    },
  }
}

/** What it depends on, with what is not shipped stepped over. */
function shippedBelow(
  ref: string,
  edges: ReadonlyMap<string, readonly string[]>,
  shipped: ReadonlySet<string>,
): readonly string[] {
  const found = new Set<string>()
  const seen = new Set([ref])
  const queue = [...(edges.get(ref) ?? [])]
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (seen.has(next)) continue
    seen.add(next)
    if (shipped.has(next)) found.add(next)
    else queue.push(...(edges.get(next) ?? []))
  }
  return [...found].sort()
}

function isDevelopment({ properties = [] }: Component): boolean {
  return properties.some(({ name }) => name === 'cdx:npm:package:development')
}

/** npm calls it by the name of the folder that it is in. */
function nameIn(root: Component): string {
  return root['bom-ref'].replace(/(.)@.*$/, '$1')
}

function byRef(one: Component, other: Component): number {
  return one['bom-ref'] < other['bom-ref'] ? -1 : 1
}

/** RFC 9562 §5.8: a UUID of the content, with the version and variant that make it one. */
function uuidOf(content: string): string {
  const hex = createHash('sha256').update(content).digest('hex')
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`]
  return [...parts, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-')
}
