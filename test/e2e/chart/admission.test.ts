import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { CHART, createHelm, type Helm } from '../../support/chart/helm-release.ts'
import { render } from '../../support/chart/rendered.ts'
import { manifestsOf } from '../../support/kubernetes/manifests.ts'

const EXAMPLE = path.resolve(CHART, '../../examples/kubernetes/admission-controller.yaml')
const KINDS = ['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding']

describe('the admission policy of the chart', () => {
  let helm: Helm
  before(async () => {
    helm = await createHelm()
  })
  after(() => helm.remove())

  const rendered = async (...args: readonly string[]) =>
    (await render(helm, '--set', 'controller.enabled=true', ...args)).objects.filter(({ kind }) =>
      KINDS.includes(String(kind)),
    )

  it('is that of the examples, for the account and the Secrets of the release', async () => {
    const other = ['config.secretName=logins', 'controller.pullSecretName=pulls']
    const made = await rendered(...other.flatMap((one) => ['--set', one]))
    const text = (await readFile(EXAMPLE, 'utf8'))
      .replace('serviceaccount:rauth:', 'serviceaccount:registry:')
      .replaceAll('registry-credentials', 'logins')
      .replaceAll('registry-pull-secret', 'pulls')
    const wanted = manifestsOf(text).map(({ object }) => object)
    assert.deepEqual(
      made.map(({ kind }) => kind),
      KINDS,
    )
    assert.deepEqual(made[0]?.['spec'], wanted[0]?.['spec'])
    // Two releases must have two.
    const policyName = 'registry-rauth-controller'
    assert.deepEqual(made[1]?.['spec'], { ...(wanted[1]?.['spec'] as object), policyName })
    assert.deepEqual(
      made.map(({ metadata }) => (metadata as { name: string }).name),
      [policyName, policyName],
    )
  })

  it('is there unless it is not wanted', async () => {
    assert.deepEqual(await rendered('--set', 'controller.admissionPolicy.enabled=false'), [])
  })
})
