import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { parse, parseDocument, type Node } from 'yaml'
import { parseConfig } from '../../../src/config/read.ts'
import { policyOf } from '../../../src/config/policy-file.ts'
import { envoyConfig } from '../../../tools/envoy/config.ts'
import {
  CLUSTERS,
  endpointsOf,
  FILTERS,
  LISTENER,
  MANAGER,
  placeOf,
} from '../../../tools/envoy/places.ts'
import { registryConfig } from '../../../tools/stack/registry-config.ts'
import {
  CHART,
  createHelm,
  KUBERNETES_VERSION,
  type Helm,
} from '../../support/chart/helm-release.ts'
import { nameOf, render, textOf, VALUES_FILES } from '../../support/chart/rendered.ts'
import { run } from '../../support/run.ts'
import type { Json } from '../../support/kubernetes/api.ts'

const ROOT = path.resolve(CHART, '../..')

/** It may have more than what is wanted of it. */
function assertHas(actual: Json, wanted: Json): void {
  for (const [key, value] of Object.entries(wanted)) {
    if (typeof value === 'object') assertHas(actual[key] as Json, value as Json)
    else assert.equal(actual[key], value, key)
  }
}

describe('what the chart makes of values', () => {
  let helm: Helm
  before(async () => {
    helm = await createHelm()
  })
  after(() => helm.remove())

  const set = (...pairs: readonly string[]) => pairs.flatMap((pair) => ['--set', pair])
  async function configOf(...args: readonly string[]): Promise<Json> {
    const map = (await render(helm, ...args)).find('ConfigMap', 'rauth-config')
    return parse(textOf(map, 'rauth.yaml')) as Json
  }

  it('has the values that it was asked for, by their names and with their defaults', async () => {
    const values = parse(await readFile(path.join(CHART, 'values.yaml'), 'utf8')) as Json
    const wanted = {
      replicaCount: 2,
      image: { repository: 'internal-registry.io/registry/rauth', tag: 'latest' },
      config: {
        ...{ port: 8080, issuer: 'rauth', service: 'internal-registry.io' },
        ...{ secretName: 'registry-credentials', tokenExpiry: '5m', logLevel: 'info' },
      },
      rbac: { create: true },
      serviceAccount: { create: true },
      registry: { enabled: false, storage: { size: '10Gi' } },
    }
    assertHas(values, wanted)
  })

  it('has a live view where it is wanted, for localhost or for a token of yours', async () => {
    assert.equal((await configOf())['liveView'], undefined)
    const open = ['liveView.enabled=true']
    assert.deepEqual((await configOf(...set(...open)))['liveView'], { enabled: true })
    const guarded = [...open, 'liveView.existingSecret=mine']
    assert.deepEqual((await configOf(...set(...guarded)))['liveView'], {
      ...{ enabled: true, tokenFile: '/etc/rauth/live-view/token' },
    })
    const deployment = JSON.stringify(
      (await render(helm, ...set(...guarded))).find('Deployment', 'rauth'),
    )
    assert.match(
      deployment,
      /"name":"live-view","mountPath":"\/etc\/rauth\/live-view","readOnly":true/,
    )
    assert.match(deployment, /"secretName":"mine","defaultMode":\d+,"items":\[\{"key":"token"/)
  })

  it('makes of them the realm that registries were given, and what rauth is told', async () => {
    const { find } = await render(helm)
    const { spec } = find('Service', 'rauth') as { spec: { ports: unknown } }
    assert.deepEqual(spec.ports, [{ name: 'http', port: 80, targetPort: 'token' }])
    assertHas(await configOf(), {
      ...{ realm: 'http://rauth.registry.svc.cluster.local/token', issuer: 'rauth' },
      ...{ service: 'internal-registry.io', secretName: 'registry-credentials' },
      ...{ logLevel: 'info', token: { expiry: '5m' } },
    })
    const other = set(
      ...['config.service=registry.example', 'config.issuer=someone', 'config.tokenExpiry=600'],
      ...['image.repository=example/rauth', 'image.tag=v1', 'config.port=9999'],
    )
    assertHas(await configOf(...other), {
      ...{ issuer: 'someone', service: 'registry.example', token: { expiry: 600 } },
      listen: { token: '0.0.0.0:9999' },
    })
    const deployment = (await render(helm, ...other)).find('Deployment', 'rauth')
    assert.match(JSON.stringify(deployment), /"image":"example\/rauth:v1"/)
    // A tag of digits is a number to whoever writes no quotes.
    const tag = await helm.values({ image: { tag: 20261130 } })
    const dated = (await render(helm, '-f', tag)).find('Deployment', 'rauth')
    assert.match(JSON.stringify(dated), /\/rauth:20261130"/)
  })

  for (const file of VALUES_FILES) {
    it(`${file}: rauth takes the configuration and the policy`, async () => {
      const { objects } = await render(helm, '-f', path.join(CHART, 'ci', file))
      let texts = 0
      for (const object of objects.filter(({ kind }) => kind === 'ConfigMap')) {
        for (const [name, text] of Object.entries(
          (object['data'] ?? {}) as Record<string, string>,
        )) {
          if (name === 'rauth.yaml' || name === 'gateway.yaml') {
            const { problems } = parseConfig(text, name, {})
            assert.equal(problems, undefined, JSON.stringify(problems))
            texts += 1
          }
          if (name === 'policy.yaml') policyOf(text, name)
        }
      }
      assert.equal(texts > 0, file !== 'own-keys-values.yaml')
    })
  }

  for (const lane of [false, true]) {
    it(`gives Envoy the very file of the repository, ${lane ? 'with' : 'without'} the fast lane, with other addresses`, async () => {
      const ports = { envoy: 1, token: 2, gateway: 3, registry: 4 }
      const template = path.join(ROOT, 'envoy', lane ? 'fast-lane.yaml' : 'envoy.yaml')
      const wanted = parse(
        await envoyConfig({
          ...{ template, ports },
          edit(document) {
            const address = ['address', 'socket_address', 'address']
            document.setIn([...LISTENER, ...address], '0.0.0.0')
            const registry = placeOf(document, CLUSTERS, 'registry')
            const place = [...endpointsOf(document, 'registry'), 0, 'endpoint', ...address]
            document.setIn(place, 'rauth-registry.registry.svc.cluster.local')
            document.setIn([...registry, 'type'], 'STRICT_DNS')
          },
        }),
        { merge: true },
      ) as Json
      const { find } = await render(
        helm,
        ...set('registry.enabled=true', 'envoy.port=1', 'config.port=2', 'gateway.port=3'),
        ...set('registry.port=4', `gateway.fastLane.enabled=${lane}`),
      )
      const made = parse(textOf(find('ConfigMap', 'rauth-envoy'), 'envoy.yaml')) as Json
      assert.deepEqual(made, wanted)
    })
  }

  it('has Envoy stop short of the memory that its container may have', async () => {
    const MONITORS = ['overload_manager', 'resource_monitors']
    for (const [limit, heap] of [
      ['1Gi', 0.75 * 2 ** 30],
      ['512Mi', 384 * 2 ** 20],
      ['1.5G', 1.125e9],
      ['800000000', 6e8],
      // None: what the file says.
      ['null', 0.75 * 2 ** 30],
    ] as const) {
      const key = `envoy.resources.limits${limit === 'null' ? '' : '.memory'}=${limit}`
      const map = (await render(helm, ...set('registry.enabled=true', key))).find(
        ...(['ConfigMap', 'rauth-envoy'] as const),
      )
      const document = parseDocument(textOf(map, 'envoy.yaml'))
      const monitor = placeOf(document, MONITORS, 'envoy.resource_monitors.fixed_heap')
      const found = document.getIn([...monitor, 'typed_config', 'max_heap_size_bytes'])
      assert.equal(found, heap, limit)
    }
  })

  it('has the fast lane know whose tokens it takes, and whether the registry sees them', async () => {
    const values = set(
      ...['registry.enabled=true', 'gateway.fastLane.enabled=true', 'gateway.fastLane.window=10s'],
      ...['config.service=registry.example', 'config.issuer=someone'],
      ...['config.extra.gateway.stripAuthorization=true'],
    )
    assertHas(await configOf(...values), {
      gateway: { fastLane: { enabled: true, window: '10s' }, stripAuthorization: true },
    })
    const map = (await render(helm, ...values)).find('ConfigMap', 'rauth-envoy')
    const document = parseDocument(textOf(map, 'envoy.yaml'))
    const filter = placeOf(document, FILTERS, 'envoy.filters.http.jwt_authn')
    const provider = document.getIn([...filter, 'typed_config', 'providers', 'rauth']) as Node
    assertHas(provider.toJS(document) as Json, {
      ...{ issuer: 'someone', audiences: { 0: 'registry.example' } },
    })
    const hosts = document.getIn([...MANAGER, 'route_config', 'virtual_hosts', 0, 'routes']) as Node
    const routes = hosts.toJS(document) as {
      route: { cluster: string }
      request_headers_to_remove?: string[]
    }[]
    for (const { route, request_headers_to_remove: removed } of routes) {
      assert.deepEqual(removed, route.cluster === 'registry' ? ['authorization'] : undefined)
    }
  })

  it('gives the registry what the tests of the repository give theirs', async () => {
    const realm = 'http://rauth.registry.svc.cluster.local/token'
    const tokenCheck = { realm, service: 'internal-registry.io', issuer: 'rauth' }
    const { http, ...wanted } = parse(
      registryConfig({
        ...{ port: 5000, storage: '/var/lib/registry', secret: 'x' },
        tokenCheck: { ...tokenCheck, certificates: '/etc/registry/trust/ca.crt' },
      }),
    ) as { http: Json }
    const { find } = await render(helm, ...set('registry.enabled=true'))
    const made = parse(textOf(find('ConfigMap', 'rauth-registry'), 'config.yml')) as { http: Json }
    assert.deepEqual({ ...made, http: undefined }, { ...wanted, http: undefined })
    // Its secret is in the environment, from a Secret.
    assert.deepEqual(
      { ...made.http, addr: ':5000' },
      { addr: ':5000', relativeurls: http['relativeurls'] },
    )
  })

  it('can be there twice: releases share no name of the whole cluster', async () => {
    const values = set('controller.enabled=true', 'policy.kubernetesRbac=true')
    const names = async (namespace: string) => {
      const audience = set('serviceAccountTokens.audience=registry.example')
      // Of two -n the last counts.
      const { objects } = await render(helm, ...values, ...audience, '-n', namespace)
      const ofCluster = objects.filter(({ metadata }) => !('namespace' in (metadata as object)))
      return ofCluster.map(nameOf)
    }
    const [one, other] = [await names('one'), await names('other')]
    assert.ok(one.length > 3)
    assert.deepEqual(
      one.filter((name) => other.includes(name)),
      [],
    )
  })

  it('is packed without what only tests need', async () => {
    const folder = path.dirname(await helm.values({}))
    await helm.expect('package', CHART, '-d', folder)
    const packed = path.join(folder, 'rauth-0.1.0.tgz')
    const { stdout } = await run('tar', ['-tzf', packed])
    const files = stdout.trim().split('\n')
    for (const name of ['Chart.yaml', 'values.schema.json', 'README.md', 'files/envoy.yaml']) {
      assert.ok(files.includes(`rauth/${name}`), name)
    }
    assert.deepEqual(
      files.filter((name) => /^rauth\/ci\/|gotmpl/.test(name)),
      [],
    )
    // It is as good as the folder.
    const args = ['template', 'rauth', packed, '-n', 'registry', ...KUBERNETES_VERSION]
    const again = ['template', 'rauth', CHART, '-n', 'registry', ...KUBERNETES_VERSION]
    assert.equal(await helm.expect(...args), await helm.expect(...again))
  })

  it('lets no template near a key: two renderings are the same', async () => {
    for (const file of VALUES_FILES) {
      const args = ['-f', path.join(CHART, 'ci', file)]
      const [one, other] = [await render(helm, ...args), await render(helm, ...args)]
      assert.deepEqual(one.objects, other.objects)
      assert.deepEqual(one.objects.filter(({ kind }) => kind === 'Secret').map(nameOf), [])
    }
  })
})
