import assert from 'node:assert/strict'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { CHART, createHelm, type Helm } from '../../support/chart/helm-release.ts'
import { nameOf, render } from '../../support/chart/rendered.ts'
import type { Json } from '../../support/kubernetes/api.ts'

type Labels = Readonly<Record<string, string>>

interface PolicySpec {
  readonly podSelector: {
    readonly matchLabels: Labels
    readonly matchExpressions?: readonly { readonly key: string; readonly values: string[] }[]
  }
  readonly policyTypes: readonly string[]
  readonly ingress?: readonly { readonly ports: unknown; readonly from?: readonly Json[] }[]
  readonly egress?: readonly Json[]
}

/** Labels of the pods that an object makes. */
function podLabelsOf({ kind, spec }: Json): Labels | undefined {
  const of = kind === 'CronJob' ? ((spec as Json)['jobTemplate'] as Json)['spec'] : spec
  const template = (of as Json | undefined)?.['template'] as Json | undefined
  return (template?.['metadata'] as { labels: Labels } | undefined)?.labels
}

function selects({ podSelector }: PolicySpec, labels: Labels): boolean {
  const { matchLabels, matchExpressions = [] } = podSelector
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, values }) => values.includes(labels[key] ?? ''))
  )
}

describe('the network policies of the chart', () => {
  let helm: Helm
  before(async () => {
    helm = await createHelm()
  })
  after(() => helm.remove())

  /** The one policy of each of the pods, by what makes them. */
  async function policies(...args: readonly string[]): Promise<ReadonlyMap<string, PolicySpec>> {
    const { objects } = await render(helm, ...args)
    const all = objects
      .filter(({ kind }) => kind === 'NetworkPolicy')
      .map(({ spec }) => spec as PolicySpec)
    const found = new Map<string, PolicySpec>()
    for (const object of objects) {
      const labels = podLabelsOf(object)
      if (labels === undefined) continue
      const selecting = all.filter((policy) => selects(policy, labels))
      assert.equal(selecting.length, 1, nameOf(object))
      for (const policy of selecting) found.set(nameOf(object), policy)
    }
    return found
  }
  const everything = ['-f', path.join(CHART, 'ci/everything-values.yaml')]
  const PODS = [
    ...['rauth', 'rauth-check-config', 'rauth-controller'],
    ...['rauth-keys-init', 'rauth-keys-rotate', 'rauth-registry'],
  ]

  it('close the way into every pod, and where it is wanted the way out', async () => {
    for (const [args, types] of [
      [everything, ['Ingress', 'Egress']],
      [[...everything, '--set', 'networkPolicy.egress.enabled=false'], ['Ingress']],
    ] as const) {
      const found = await policies(...args)
      assert.deepEqual([...found.keys()].sort(), PODS)
      for (const [name, { policyTypes, egress }] of found) {
        const wanted = name === 'rauth-check-config' ? ['Ingress', 'Egress'] : types
        assert.deepEqual(policyTypes, wanted, name)
        // A rule without a port is the way to everywhere.
        for (const rule of egress ?? []) assert.ok('ports' in rule, name)
      }
    }
  })

  it('let what writes into the cluster, or has its keys, reach names and the API server alone', async () => {
    const found = await policies(...everything)
    for (const name of ['rauth-controller', 'rauth-keys-init', 'rauth-keys-rotate']) {
      const ports = (found.get(name)?.egress ?? []).flatMap(({ ports }) =>
        (ports as readonly { port: number }[]).map(({ port }) => port),
      )
      assert.deepEqual(ports, [53, 53, 443, 6443], name)
    }
  })

  it('let reach the registry Envoy alone, or without Envoy the proxy before it, or everybody', async () => {
    const registry = ['--set', 'registry.enabled=true', '--set', 'test.enabled=false']
    const alone = [...registry, '--set', 'envoy.enabled=false']
    const proxy = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'mesh' } } }
    const named = await helm.values({ networkPolicy: { registryFrom: [proxy] } })
    const from = async (...args: readonly string[]) => {
      const [rule, ...more] = (await policies(...args)).get('rauth-registry')?.ingress ?? []
      assert.deepEqual([rule?.ports, more], [[{ port: 'registry', protocol: 'TCP' }], []])
      return rule?.from
    }
    const [own] = (await from(...registry)) ?? []
    assert.match(JSON.stringify(own), /"app.kubernetes.io\/component":"token"/)
    assert.deepEqual(await from(...registry), [own])
    assert.deepEqual(await from(...alone, '-f', named), [own, proxy])
    assert.equal(await from(...alone), undefined)
  })
})
