import assert from 'node:assert/strict'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { CHART, createHelm, type Helm } from '../../support/chart/helm-release.ts'
import { render } from '../../support/chart/rendered.ts'
import type { PodSpec } from '../../support/kubernetes/node.ts'

interface JobSpec {
  readonly backoffLimit: number
  readonly template: {
    readonly metadata: { readonly labels: Readonly<Record<string, string>> }
    readonly spec: { readonly restartPolicy: string }
  }
}

describe('the Jobs of the chart', () => {
  let helm: Helm
  before(async () => {
    helm = await createHelm()
  })
  after(() => helm.remove())

  const spec = async (kind: string, name: string) => {
    const values = path.join(CHART, 'ci/minimal-values.yaml')
    return (await render(helm, '-f', values)).find(kind, name)['spec']
  }

  it('try until the first keys are there: making them twice is the same as once', async () => {
    const { backoffLimit, template } = (await spec('Job', 'rauth-keys-init')) as JobSpec
    assert.deepEqual([backoffLimit > 0, template.spec.restartPolicy], [true, 'OnFailure'])
  })

  it('rotate once: what failed half-way makes no second key, in no other pod and in the same', async () => {
    const { jobTemplate } = (await spec('CronJob', 'rauth-keys-rotate')) as {
      jobTemplate: { spec: JobSpec }
    }
    const { backoffLimit, template } = jobTemplate.spec
    assert.deepEqual([backoffLimit, template.spec.restartPolicy], [0, 'Never'])
  })

  it('have no sidecar of Istio, which they would wait for in vain', async () => {
    const cron = (await spec('CronJob', 'rauth-keys-rotate')) as { jobTemplate: { spec: JobSpec } }
    const once = ['rauth-keys-init', 'rauth-check-config'].map((name) => spec('Job', name))
    for (const { template } of [cron.jobTemplate.spec, ...((await Promise.all(once)) as JobSpec[])])
      assert.equal(template.metadata.labels['sidecar.istio.io/inject'], 'false')
  })

  it('have, for helm test, an account that may do nothing, by which a mesh lets its pod in', async () => {
    const values = path.join(CHART, 'ci/minimal-values.yaml')
    const { find, objects } = await render(helm, '-f', values)
    const pod = find('Pod', 'rauth-test')
    const { annotations } = pod['metadata'] as { annotations: Readonly<Record<string, string>> }
    assert.equal(annotations['sidecar.istio.io/nativeSidecar'], 'true')
    const { serviceAccountName } = pod['spec'] as PodSpec
    assert.equal(serviceAccountName, 'rauth-test')
    const account = find('ServiceAccount', serviceAccountName)
    assert.equal(account['automountServiceAccountToken'], false)
    const bound = objects.flatMap(
      ({ subjects }) => (subjects as { name: string }[] | undefined) ?? [],
    )
    assert.ok(bound.length > 0)
    assert.deepEqual(
      bound.filter(({ name }) => name === serviceAccountName),
      [],
    )
  })
})
