import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { parse } from 'yaml'
import { misspelt, mistyped } from '../../support/broken.ts'
import type { Json } from '../../support/kubernetes/api.ts'
import { startControlPlane, type ControlPlane } from '../../support/kubernetes/control-plane.ts'
import { define } from '../../support/kubernetes/definitions.ts'
import {
  collectionOf,
  create,
  manifestsOf,
  tryToCreate,
} from '../../support/kubernetes/manifests.ts'
import { createShell } from '../../support/deploy-shell.ts'
import { meshConfigProblems } from '../../support/mesh-config.ts'
import { DEPLOY_DEFINITIONS, meshDefinitions, traefikDefinitions } from '../../support/meshes.ts'

/** The repository, from dist/test/e2e/deploy. */
const ROOT = path.resolve(import.meta.dirname, '../../../..')
const read = (name: string) => readFile(path.join(ROOT, 'examples/deploy', name), 'utf8')

/** Pages with commands. */
const PAGES = ['istio', 'envoy-gateway', 'traefik', 'ingress-nginx', 'no-proxy']

const KINDS: Readonly<Record<string, readonly string[]>> = {
  'istio/ingress-gateway.yaml': ['Gateway', 'VirtualService', 'AuthorizationPolicy'],
  'istio/sidecar.yaml': ['PeerAuthentication', 'AuthorizationPolicy'],
  'istio/envoy-filter.yaml': ['EnvoyFilter'],
  'envoy-gateway/envoy-gateway.yaml': [
    ...[
      'Gateway',
      'EnvoyProxy',
      'ClientTrafficPolicy',
      'HTTPRoute',
      'HTTPRouteFilter',
      'SecurityPolicy',
      'HTTPRoute',
      'BackendTrafficPolicy',
      'BackendTrafficPolicy',
    ],
  ],
  'traefik/kubernetes.yaml': ['Middleware', 'Middleware', 'Middleware', 'IngressRoute'],
  'ingress-nginx/ingress.yaml': ['Ingress', 'Ingress'],
  'no-proxy/ingress.yaml': ['Ingress'],
  'network-policy.yaml': ['NetworkPolicy', 'NetworkPolicy'],
}

/** In them may be anything: amounts of resources by their names, and what a bootstrap is patched with. */
const OPEN = new Set(['requests', 'limits', 'value'])

/** An object without what its definition leaves open. */
function closed(object: Json): unknown {
  if (object['kind'] !== 'EnvoyProxy') return object
  return JSON.parse(JSON.stringify(object, (key, value: unknown) => (OPEN.has(key) ? key : value)))
}

describe('the examples for meshes and proxies, before a kube-apiserver with the definitions of their projects', () => {
  let cluster: ControlPlane
  before(async () => {
    cluster = await startControlPlane()
    await define(cluster.api, [
      ...(await meshDefinitions(DEPLOY_DEFINITIONS)),
      ...(await traefikDefinitions()),
    ])
    for (const name of ['registry', 'istio-ingress']) {
      await cluster.api.expect('POST', '/api/v1/namespaces', { metadata: { name } })
    }
  })
  after(() => cluster.stop())

  async function collection(object: Json): Promise<string> {
    const found = await collectionOf(cluster.api, object)
    assert.ok(found !== undefined, `nothing serves ${JSON.stringify(object)}`)
    return found
  }

  /** Why the object is refused: invalid, not merely there already. */
  async function refusal(at: string, object: Json): Promise<string> {
    const { status, body } = await tryToCreate(cluster.api, at, object)
    const said = `${status} ${String(body['message'])}: ${JSON.stringify(object)}`
    assert.ok(status === 400 || status === 422, said)
    return String(body['message'])
  }

  for (const [name, kinds] of Object.entries(KINDS)) {
    it(`${name}: every object is taken as it stands in the file`, async () => {
      const manifests = manifestsOf(await read(name))
      assert.deepEqual(
        manifests.map(({ object }) => object['kind']),
        kinds,
      )
      for (const { text, object } of manifests) {
        const at = await collection(object)
        const { status, body } = await create(cluster.api, at, text)
        assert.equal(status, 201, JSON.stringify(body))
        // Another file may have one of the same name.
        await cluster.api.expect('DELETE', `${at}/${(object['metadata'] as { name: string }).name}`)
      }
    })

    it(`${name}: no field could be misspelt, or have another type, unseen`, async () => {
      for (const { object } of manifestsOf(await read(name))) {
        const at = await collection(object)
        const all = [...misspelt(object), ...mistyped(object)].filter(
          (broken) => !isDeepStrictEqual(closed(broken), closed(object)),
        )
        assert.ok(all.length > 10)
        for (const broken of all) await refusal(at, broken)
      }
    })
  }

  for (const page of PAGES) {
    it(`${page}.md: its commands do what they should, one after the other`, async () => {
      const text = await readFile(path.join(ROOT, 'docs/deploy', `${page}.md`), 'utf8')
      const blocks = [...text.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block = '']) => block)
      assert.ok(blocks.length > 0)
      const shell = await createShell(cluster)
      try {
        for (const block of blocks) {
          const { code, output } = await shell.run(block)
          assert.equal(code, 0, output)
        }
        // What the objects name is there.
        for (const name of ['rauth', 'rauth-registry']) {
          await cluster.api.expect('GET', `/api/v1/namespaces/registry/services/${name}`)
        }
        const at = '/api/v1/namespaces/registry/services/rauth-gateway'
        const { status, body } = await cluster.api.send('GET', at)
        assert.equal(status, page === 'no-proxy' ? 404 : 200)
        if (status === 404) return
        const { clusterIP } = body['spec'] as { clusterIP: string }
        assert.equal(clusterIP === 'None', page === 'envoy-gateway', clusterIP)
      } finally {
        const applied = blocks.join('').matchAll(/kubectl apply -f (\S+)/g)
        for (const [, file = ''] of applied) await shell.run(`kubectl delete -f ${file}`)
        await shell.run('helm uninstall rauth -n registry')
        await shell.remove()
      }
    })
  }

  /** What neither a name nor a type gives away: rules in the definitions themselves. */
  const MISTAKES: readonly {
    readonly what: string
    readonly file: string
    readonly kind: string
    readonly change: (spec: Json) => Json
    readonly why: RegExp
  }[] = [
    {
      what: 'a SecurityPolicy that asks over gRPC and over HTTP',
      ...{ file: 'envoy-gateway/envoy-gateway.yaml', kind: 'SecurityPolicy' },
      change: (spec) => {
        const { grpc, ...others } = spec['extAuth'] as Json
        return { ...spec, extAuth: { ...others, grpc, http: grpc } }
      },
      why: /only one of grpc or http can be specified/,
    },
    {
      what: 'a SecurityPolicy of nothing',
      ...{ file: 'envoy-gateway/envoy-gateway.yaml', kind: 'SecurityPolicy' },
      change: ({ extAuth }) => ({ extAuth }),
      why: /either targetRef or targetRefs must be used/,
    },
    {
      what: 'an AuthorizationPolicy of two targets',
      ...{ file: 'istio/ingress-gateway.yaml', kind: 'AuthorizationPolicy' },
      change: (spec) => ({ ...spec, targetRefs: [{ kind: 'Gateway', name: 'registry' }] }),
      why: /only one of targetRefs or selector can be set/,
    },
    {
      what: 'an AuthorizationPolicy of an action that is none',
      ...{ file: 'istio/ingress-gateway.yaml', kind: 'AuthorizationPolicy' },
      change: (spec) => ({ ...spec, action: 'ASK' }),
      why: /Unsupported value: "ASK"/,
    },
  ]
  for (const { what, file, kind, change, why } of MISTAKES) {
    it(`refuses ${what}`, async () => {
      const found = manifestsOf(await read(file)).find(({ object }) => object['kind'] === kind)
      assert.ok(found !== undefined)
      const { object } = found
      const broken = { ...object, spec: change(object['spec'] as Json) }
      assert.match(await refusal(await collection(object), broken), why)
    })
  }
})

describe('the example of a mesh configuration', () => {
  it('istiod-values.yaml is what Istio reads as its mesh configuration, and nothing else', async () => {
    const { meshConfig, ...rest } = parse(await read('istio/istiod-values.yaml')) as Json
    assert.deepEqual(rest, {})
    const config = meshConfig as Json
    assert.deepEqual(await meshConfigProblems(config), [])
    for (const broken of [...misspelt(config), ...mistyped(config)]) {
      assert.notDeepEqual(await meshConfigProblems(broken), [], JSON.stringify(broken))
    }
  })
})
