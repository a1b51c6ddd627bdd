import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  CHART,
  createHelm,
  KUBERNETES_VERSION,
  type Helm,
} from '../../support/chart/helm-release.ts'

describe('values that the chart refuses', () => {
  let helm: Helm
  before(async () => {
    helm = await createHelm()
  })
  after(() => helm.remove())

  const set = (...pairs: readonly string[]) => pairs.flatMap((pair) => ['--set', pair])
  async function failure(...args: readonly string[]): Promise<string> {
    const all = ['template', 'rauth', CHART, ...KUBERNETES_VERSION, ...args]
    const { code, stderr } = await helm.run(...all)
    assert.notEqual(code, 0, args.join(' '))
    return stderr
  }

  const REFUSED: readonly (readonly [what: string, values: readonly string[], words: RegExp])[] = [
    ['a value that is none', ['replicas=3'], /additional properties 'replicas' not allowed/],
    ['one of another type', ['replicaCount=two'], /got string, want integer/],
    ['a level that is none', ['config.logLevel=loud'], /value must be one of/],
    ['Envoy before nothing', ['envoy.enabled=true'], /envoy\.enabled: there is no registry/],
    [
      'two registries behind one Envoy',
      ['registry.enabled=true', 'envoy.upstream.address=a'],
      /envoy\.upstream\.address: Envoy leads to the registry of this chart/,
    ],
    [
      'a way past Envoy',
      ['registry.enabled=true', 'networkPolicy.registryFrom[0].podSelector.matchLabels.a=b'],
      /networkPolicy\.registryFrom: Envoy alone reaches the registry/,
    ],
    ['no key', ['signingKey.generate.enabled=false'], /signingKey: no key/],
    [
      'a key of two origins',
      ['signingKey.existingSecret=a', 'signingKey.certManager.enabled=true'],
      /two origins of one key/,
    ],
    ['a certificate of nobody', ['signingKey.certManager.enabled=true'], /which issuer signs\?/],
    [
      'a gateway that would get private keys',
      ['split=true', 'signingKey.existingSecret=a'],
      /split: the gateway is to have no private key/,
    ],
    [
      'TLS that Envoy beside it does not speak',
      ['registry.enabled=true', 'tls.token.secretName=a'],
      /tls\.token: Envoy asks that port over loopback/,
    ],
    ['one port for two', ['config.port=9090'], /give each a port of its own/],
    ['an Ingress for no host', ['ingress.enabled=true'], /ingress\.hosts: for which host\?/],
    ['a route on no Gateway', ['httpRoute.enabled=true'], /parentRefs: on which Gateway\?/],
    [
      'registries that share no storage',
      ['registry.enabled=true', 'registry.replicaCount=2'],
      /several pods need a storage that they share/,
    ],
    [
      'client certificates without TLS',
      ['tls.gateway.clientAuthority=true'],
      /the gateway has no TLS/,
    ],
    [
      'two policies',
      ['policy.existingConfigMap=a', 'policy.rules[0].actions[0]=pull'],
      /two policies/,
    ],
  ]
  for (const [what, values, words] of REFUSED) {
    it(`refuses ${what}`, async () => {
      assert.match(await failure(...set(...values)), words)
    })
  }
})
