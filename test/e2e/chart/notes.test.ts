import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { CHART, createHelm, type Helm } from '../../support/chart/helm-release.ts'
import { startControlPlane, type ControlPlane } from '../../support/kubernetes/control-plane.ts'

describe('what the chart says when it is installed', () => {
  let cluster: ControlPlane
  let helm: Helm
  before(async () => {
    // Even to say it helm wants to know the version of a cluster.
    cluster = await startControlPlane()
    helm = await createHelm(cluster)
  })
  after(async () => {
    await helm.remove()
    await cluster.stop()
  })

  const said = (...pairs: readonly string[]) => {
    const set = pairs.flatMap((pair) => ['--set', pair])
    return helm.expect('install', 'rauth', CHART, '-n', 'registry', '--dry-run=client', ...set)
  }
  const BY_HAND = /^ {2}kubectl create secret generic registry-credentials -n team-a/m
  const LABEL = /^ {2}kubectl label namespace team-a rauth\.dev\/managed=true$/m
  const LOGIN = /^ {4}docker login internal-registry\.io -u team-a --password-stdin$/m

  const TABLE: readonly (readonly [string, readonly string[], boolean, boolean])[] = [
    ['to make a Secret where nobody else does', [], true, false],
    [
      'to label the namespace where the controller makes it',
      ['controller.enabled=true'],
      false,
      true,
    ],
    [
      'neither where it makes those of all',
      ['controller.enabled=true', 'controller.namespaces.labelSelector=*'],
      ...([false, false] as const),
    ],
  ]
  it('is the way in where the realm is on localhost, and else how to try whether all fits', async () => {
    const local = await said('config.realm=http://localhost:30500/token', 'registry.enabled=true')
    assert.match(local, /^ {2}kubectl port-forward -n registry service\/rauth-envoy 30500:80$/m)
    assert.doesNotMatch(local, /helm test/)
    const bare = await said('config.realm=http://127.0.0.1/token')
    assert.match(bare, /^ {2}kubectl port-forward -n registry service\/rauth 80:80$/m)
    const other = await said('config.realm=https://localhost.example/token')
    assert.match(other, /helm test rauth -n registry$/m)
    assert.doesNotMatch(other, /port-forward/)
  })

  for (const [what, values, byHand, label] of TABLE) {
    it(`is ${what}`, async () => {
      const text = await said(...values)
      assert.equal(BY_HAND.test(text), byHand)
      assert.equal(LABEL.test(text), label)
      assert.match(text, LOGIN)
    })
  }
})
