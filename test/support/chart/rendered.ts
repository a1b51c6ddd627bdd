import { readdirSync } from 'node:fs'
import path from 'node:path'
import type { Json } from '../kubernetes/api.ts'
import { manifestsOf } from '../kubernetes/manifests.ts'
import type { PodSpec } from '../kubernetes/node.ts'
import { CHART, KUBERNETES_VERSION, type Helm } from './helm-release.ts'

/** Values files that the chart is tried with. */
export const VALUES_FILES = readdirSync(path.join(CHART, 'ci'))

export interface Rendered {
  readonly objects: readonly Json[]
  /** The object of a kind and a name. Throws where there is none. */
  readonly find: (kind: string, name: string) => Json
}

/** What the chart makes of values, without a cluster. */
export async function render(helm: Helm, ...args: readonly string[]): Promise<Rendered> {
  const text = await helm.expect(
    'template',
    'rauth',
    CHART,
    '-n',
    'registry',
    ...KUBERNETES_VERSION,
    ...args,
  )
  const objects = manifestsOf(text)
    .map(({ object }) => object)
    // A template that makes nothing leaves an empty document.
    .filter((object) => (object as Json | null) !== null)
  return {
    objects,
    find(kind, name) {
      const found = objects.find((one) => one['kind'] === kind && nameOf(one) === name)
      if (found === undefined) throw new Error(`no ${kind} ${name}`)
      return found
    },
  }
}

export function nameOf(object: Json): string {
  return (object['metadata'] as { name: string }).name
}

/** A text of a ConfigMap. */
export function textOf(object: Json, key: string): string {
  const text = (object['data'] as Readonly<Record<string, string>>)[key]
  if (text === undefined) throw new Error(`${nameOf(object)} has no ${key}`)
  return text
}

/** The pods that an object is about, itself or by its template. */
export function podsOf(object: Json): readonly { readonly name: string; readonly spec: PodSpec }[] {
  const spec = object['spec'] as Json | undefined
  const name = `${String(object['kind'])} ${nameOf(object)}`
  const job = object['kind'] === 'CronJob' ? (spec?.['jobTemplate'] as Json)['spec'] : spec
  const pod =
    object['kind'] === 'Pod'
      ? spec
      : ((job as Json | undefined)?.['template'] as Json | undefined)?.['spec']
  return pod === undefined ? [] : [{ name, spec: pod as PodSpec }]
}
