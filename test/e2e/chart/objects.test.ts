import assert from 'node:assert/strict'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import {
  CHART,
  createHelm,
  KUBERNETES_VERSION,
  type Helm,
} from '../../support/chart/helm-release.ts'
import { podsOf, render, VALUES_FILES } from '../../support/chart/rendered.ts'
import type { Json } from '../../support/kubernetes/api.ts'
import { startControlPlane, type ControlPlane } from '../../support/kubernetes/control-plane.ts'
import { define } from '../../support/kubernetes/definitions.ts'
import { collectionOf, tryToCreate } from '../../support/kubernetes/manifests.ts'
import { installParts } from '../../../tools/parts/install.ts'
import { run } from '../../support/run.ts'
import { chartDefinitions } from '../../support/kubernetes/published-definitions.ts'

const RESTRICTED = 'restricted'

describe('every object of the chart, before a kube-apiserver that knows all kinds', () => {
  let cluster: ControlPlane
  let helm: Helm
  const kinds = new Set<string>()
  before(async () => {
    cluster = await startControlPlane()
    helm = await createHelm(cluster)
    await define(cluster.api, await chartDefinitions())
    for (const name of ['registry', 'team-a', 'team-b', 'istio-ingress']) {
      await cluster.api.expect('POST', '/api/v1/namespaces', { metadata: { name } })
    }
    const runtime = { metadata: { name: 'gvisor' }, handler: 'runsc' }
    await cluster.api.expect('POST', '/apis/node.k8s.io/v1/runtimeclasses', runtime)
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' }
    const metadata = { name: RESTRICTED, labels }
    await cluster.api.expect('POST', '/api/v1/namespaces', { metadata })
  })
  after(async () => {
    await helm.remove()
    await cluster.stop()
  })

  /** What says no namespace is in that of the release, as helm has it. */
  async function refusalOf({ metadata, ...given }: Json): Promise<string | undefined> {
    const object = { ...given, metadata: { namespace: 'registry', ...(metadata as Json) } }
    const collection = await collectionOf(cluster.api, object)
    if (collection === undefined) return `nothing serves ${JSON.stringify(object)}`
    const { status, body } = await tryToCreate(cluster.api, collection, object)
    return status === 201 ? undefined : `${String(status)}: ${String(body['message'])}`
  }
  const pod = (spec: unknown): Json => ({
    ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'one', namespace: RESTRICTED }, spec },
  })

  for (const file of VALUES_FILES) {
    const values = ['-f', path.join(CHART, 'ci', file)]

    it(`${file}: helm finds nothing to say of it`, async () => {
      const said = await helm.expect('lint', CHART, '--strict', ...KUBERNETES_VERSION, ...values)
      assert.match(said, /0 chart\(s\) failed/)
    })

    it(`${file}: each object is taken, with no field that is not known`, async () => {
      const { objects } = await render(helm, ...values)
      assert.ok(objects.length > 8)
      const names = objects.map(({ kind, metadata }) => {
        const { namespace = '', name } = metadata as { namespace?: string; name: string }
        return `${String(kind)} ${namespace}/${name}`
      })
      assert.deepEqual(
        names.filter((name, at) => names.indexOf(name) !== at),
        [],
        'there twice',
      )
      for (const object of objects) {
        kinds.add(String(object['kind']))
        assert.equal(await refusalOf(object), undefined, JSON.stringify(object))
      }
    })

    it(`${file}: each pod keeps to the Pod Security Standard "restricted"`, async () => {
      const { objects } = await render(helm, ...values)
      const pods = objects.flatMap(podsOf)
      assert.ok(pods.length > 0)
      for (const { name, spec } of pods) {
        assert.equal(await refusalOf(pod(spec)), undefined, name)
        for (const one of [...spec.containers, ...(spec.initContainers ?? [])]) {
          const { securityContext } = one as unknown as { securityContext: Json }
          // The standard leaves that open.
          assert.equal(securityContext['readOnlyRootFilesystem'], true, `${name}: ${one.name}`)
        }
      }
    })
  }

  it('needs no helm: what it renders is what kubectl applies, again and again', async () => {
    const { kubectl } = await installParts(['kubectl'])
    const args = ['template', 'rauth', CHART, '-n', 'registry', ...KUBERNETES_VERSION, '--no-hooks']
    const values = ['--set', 'registry.enabled=true,controller.enabled=true']
    const input = await helm.expect(...args, ...values)
    const apply = async (...more: readonly string[]) => {
      const all = ['apply', '-n', 'registry', '-f', '-', ...more]
      const { code, stdout, output } = await run(kubectl, all, { env: helm.env, input })
      assert.equal(code, 0, output)
      return stdout.trim().split('\n')
    }
    const tried = await apply('--dry-run=server')
    assert.ok(
      tried.every((line) => line.endsWith('created (server dry run)')),
      tried.join('\n'),
    )
    assert.equal((await apply()).length, tried.length)
    // kubectl sends the selector of a PodDisruptionBudget each time.
    const again = (await apply()).filter((line) => !line.startsWith('poddisruptionbudget'))
    assert.deepEqual(
      again.filter((line) => !line.endsWith(' unchanged')),
      [],
    )
  })

  it('has objects of every kind in these files', () => {
    assert.deepEqual([...kinds].sort(), [
      ...['AuthorizationPolicy', 'BackendTrafficPolicy', 'Certificate', 'ClientTrafficPolicy'],
      ...['ClusterRole'],
      ...['ClusterRoleBinding', 'ConfigMap', 'CronJob', 'Deployment', 'EnvoyFilter', 'EnvoyProxy'],
      ...['Gateway', 'HTTPRoute', 'HTTPRouteFilter'],
      ...['HorizontalPodAutoscaler', 'Ingress', 'Job', 'NetworkPolicy', 'PeerAuthentication'],
      ...['PersistentVolumeClaim', 'Pod', 'PodDisruptionBudget', 'PrometheusRule', 'Role'],
      ...['RoleBinding', 'SecurityPolicy', 'Service', 'ServiceAccount', 'ServiceMonitor'],
      ...['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding', 'VirtualService'],
    ])
  })

  it('would be refused with a field misspelt, or less than restricted', async () => {
    const { objects, find } = await render(
      helm,
      '-f',
      path.join(CHART, 'ci/everything-values.yaml'),
    )
    for (const object of objects) {
      const { spec } = object
      if (typeof spec !== 'object') continue
      const misspelt = { ...object, spec: { ...spec, nothing: 'of that name' } }
      assert.match((await refusalOf(misspelt)) ?? '', /unknown field "spec.nothing"/)
    }
    const deployment = find('Deployment', 'rauth')
    const [template] = podsOf(deployment)
    const less = { ...template?.spec, securityContext: undefined }
    assert.match((await refusalOf(pod(less))) ?? '', /violates PodSecurity/)
  })
})
