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
      'a fast lane without Envoy',
      ['gateway.fastLane.enabled=true'],
      /gateway\.fastLane: it is for the Envoy of this chart/,
    ],
    [
      'two registries behind one Envoy',
      ['registry.enabled=true', 'envoy.upstream.address=a'],
      /envoy\.upstream\.address: Envoy leads to the registry of this chart/,
    ],
    ['an image of no name', ['image.repository='], /image\/repository.* does not match pattern/],
    ['a name with a tag in it', ['image.repository=a.example/b:1'], /does not match pattern/],
    ['an image without a tag', ['image.tag='], /image\.tag: which image\?/],
    ['what was taken away', ['replicaCount=null'], /missing property 'replicaCount'/],
    [
      'a namespace without a name, which would be all of them',
      ['config.namespaces[0]='],
      /does not match pattern/,
    ],
    ['the same for the controller', ['controller.namespaces.only[0]='], /does not match pattern/],
    ['a namespace twice', ['config.namespaces={a,a}'], /items at 0 and 1 are equal/],
    ['a name of no Service', ['fullnameOverride=1rauth'], /Services can't be called 1rauth/],
    [
      'a label that pods are found by',
      ['podLabels.app\\.kubernetes\\.io/name=x'],
      /podLabels\.app\.kubernetes\.io\/name: by this label pods are found/,
    ],
    [
      'memory that Envoy could not be held to',
      ['registry.enabled=true', 'envoy.resources.limits.memory=1gb'],
      /limits\.memory is "1gb".*say it as 1Gi/,
    ],
    ['a port of nodes without one', ['service.nodePort=30080'], /service\.type: a ClusterIP/],
    ['a death before the end', ['config.drainDelay=1m'], /killed before config\.drainDelay/],
    [
      'a death before what is under way ends',
      ['config.extra.drainTimeout=30s'],
      /drainTimeout are over; make it 47 or more/,
    ],
    [
      'rauth that goes before Envoy',
      ['registry.enabled=true', 'config.drainDelay=5'],
      /longer than envoy\.preStopSeconds/,
    ],
    [
      'a share of nothing',
      ['autoscaling.enabled=true', 'resources.requests.cpu=null'],
      /Set resources\.requests\.cpu/,
    ],
    [
      'keys that end before the next one',
      ['signingKey.generate.days=60'],
      /rotate them more often/,
    ],
    [
      'one name for two Secrets',
      ['controller.enabled=true', 'controller.pullSecretName=registry-credentials'],
      /two Secrets need two names/,
    ],
    ['an upstream with its port', ['envoy.upstream.address=a.example:5000'], /does not match/],
    ['a volume of no size', ['registry.storage.size=ten'], /does not match pattern/],
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
