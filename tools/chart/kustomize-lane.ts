import { isDeepStrictEqual } from 'node:util'
import { parseAllDocuments, stringify } from 'yaml'
import { isMapping, type Mapping } from '../../src/mapping.ts'

interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace: string }
  readonly data?: Readonly<Record<string, string>>
  readonly spec?: { readonly template?: { readonly metadata?: { readonly annotations?: object } } }
}

/** Stands before and behind the value that kustomize writes into a text. */
const QUOTE = '"'

/** Texts of files line by line as they are. */
const LITERAL = { blockQuote: 'literal', lineWidth: 0 } as const

const AUDIENCE = /^( *audiences:\n *- )(\S+)$/m

/**
 * What kustomize/fast-lane is made of: place in kustomize/ → content, as an overlay takes it over the base.
 * `base`, `withLane`: the manifests without and with the lane, in one order. Throws where they differ in
 * something else than configuration, which no patch here is for.
 */
export function laneFiles(base: string, withLane: string): readonly (readonly [string, string])[] {
  const before = manifestsOf(base)
  const patches = manifestsOf(withLane).flatMap((manifest, index) =>
    isDeepStrictEqual(manifest, before[index]) ? [] : [patchOf(manifest, before[index])],
  )
  let index = 0
  const named = patches.map((patch) => {
    const text = patch.data?.['envoy.yaml']
    if (text === undefined) return patch
    // Envoy has no variables: the overlay's service is written into its file.
    const quoted = text.replace(AUDIENCE, `$1${QUOTE}$2${QUOTE}`)
    const [start] = text.split(AUDIENCE)
    if (start === undefined || quoted === text) throw new Error('Envoy is told no audience')
    index = start.split(QUOTE).length
    return { ...patch, data: { 'envoy.yaml': quoted } }
  })
  const component = {
    apiVersion: 'kustomize.config.k8s.io/v1alpha1',
    kind: 'Component',
    patches: [{ path: 'patches.yaml' }],
    replacements: [
      {
        source: { kind: 'ConfigMap', name: 'rauth-host', fieldPath: 'data.service' },
        targets: [
          {
            select: { kind: 'ConfigMap', name: 'rauth-envoy' },
            fieldPaths: ['data.envoy\\.yaml'],
            options: { delimiter: QUOTE, index },
          },
        ],
      },
    ],
  }
  return [
    ['fast-lane/kustomization.yaml', stringify(component)],
    ['fast-lane/patches.yaml', named.map((one) => stringify(one, LITERAL)).join('---\n')],
  ]
}

function manifestsOf(text: string): readonly Manifest[] {
  return parseAllDocuments(text, { version: '1.1' })
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null)
}

/** Texts of a ConfigMap that are other, or the annotations by which pods are rolled. */
function patchOf(after: Manifest, before: Manifest | undefined): Manifest {
  const { apiVersion, kind, data, spec } = after
  const { name, namespace } = after.metadata
  const head = { apiVersion, kind, metadata: { name, namespace } }
  const annotations = spec?.template?.metadata?.annotations ?? {}
  const patch =
    data === undefined
      ? { ...head, spec: { template: { metadata: { annotations } } } }
      : { ...head, data: otherTexts(data, before?.data ?? {}) }
  if (isDeepStrictEqual(merged(before, patch), after)) return patch
  throw new Error(`${kind} ${name} is other with the fast lane in more than its configuration`)
}

function otherTexts(
  after: Readonly<Record<string, string>>,
  before: Readonly<Record<string, string>>,
) {
  return Object.fromEntries(Object.entries(after).filter(([key, text]) => text !== before[key]))
}

/** As kustomize merges it. */
function merged(before: unknown, patch: unknown): unknown {
  if (!isMapping(before) || !isMapping(patch)) return patch
  const both = Object.entries(patch).map(([key, value]) => [key, merged(before[key], value)])
  return { ...before, ...(Object.fromEntries(both) as Mapping) }
}
