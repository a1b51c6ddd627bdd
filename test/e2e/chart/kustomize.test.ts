import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { parse } from 'yaml'
import { kustomizeFiles } from '../../../tools/chart/kustomize.ts'
import { installParts } from '../../../tools/parts/install.ts'
import { startChild, untilReady } from '../../../tools/stack/child.ts'
import { freePort } from '../../../tools/stack/ports.ts'
import { KUBERNETES_VERSION } from '../../support/chart/helm-release.ts'
import { startInstallation, type Installation } from '../../support/chart/installation.ts'
import { podsOf, textOf } from '../../support/chart/rendered.ts'
import { ask } from '../../support/http.ts'
import type { Json } from '../../support/kubernetes/api.ts'
import { manifestsOf } from '../../support/kubernetes/manifests.ts'
import { ROOT } from '../../support/pages.ts'
import { walkPage, type Walk } from '../../support/pages/walk.ts'

/** Of an object with an environment, what it has from the ConfigMap that an overlay merges into. */
type Variables = readonly {
  readonly name: string
  readonly valueFrom?: {
    readonly configMapKeyRef?: { readonly name: string; readonly key: string }
  }
}[]

describe('kustomize/, before a kube-apiserver', () => {
  let installed: Installation
  let home: string
  let walk: Walk
  before(async () => {
    installed = await startInstallation()
    home = await mkdtemp(path.join(os.tmpdir(), 'rauth-kustomize-'))
    const { kubectl, helm } = await installParts(['kubectl', 'helm'])
    for (const name of ['kustomize', 'charts']) {
      await symlink(path.join(ROOT, name), path.join(home, name))
    }
    const folders = [kubectl, helm].map((one) => path.dirname(one)).join(':')
    walk = walkPage({
      ...{ page: 'kustomize/README.md', home },
      env: { ...installed.helm.env, PATH: `${folders}:${process.env['PATH'] ?? ''}` },
      replace: {
        // It is there.
        'kubectl create namespace registry': 'kubectl get namespace registry',
        'helm template': `helm template ${KUBERNETES_VERSION.join(' ')}`,
      },
    })
  })
  after(async () => {
    await installed.stop()
    await rm(home, { recursive: true, force: true })
  })

  const built = async (overlay = 'kustomize/example') => {
    const { stdout, output, code } = await walk.shell(`kubectl kustomize ${overlay}`)
    assert.equal(code, 0, output)
    return manifestsOf(stdout).map(({ object }) => object)
  }

  it('is what the chart makes of its values: else run "node tools/run.mjs chart"', async () => {
    const render = (...args: readonly string[]) =>
      installed.helm.expect('template', ...args, ...KUBERNETES_VERSION)
    const files = await kustomizeFiles(ROOT, render)
    assert.equal(files.size, 4)
    for (const [name, content] of files) {
      assert.equal(readFileSync(path.join(ROOT, 'kustomize', name), 'utf8'), content, name)
      assert.doesNotMatch(content, /^kind: Secret$|PRIVATE KEY/m)
    }
  })

  it('goes by the page from an empty namespace to everything there, keys and all', async () => {
    const { stdout } = await walk.section('rauth by kustomize')
    assert.match(stdout, /^job\.batch\/rauth-keys-init condition met$/m)
    assert.match(stdout, /^deployment\.apps\/rauth created$/m)
    const [job] = installed.jobs.done
    assert.ok(job?.ok, job?.output)
    const { data } = await installed.cluster.api.expect(
      'GET',
      '/api/v1/namespaces/registry/secrets/rauth-keys',
    )
    const made = ['binding.key', 'ca.crt', 'signing.crt', 'signing.key']
    assert.deepEqual(Object.keys(data as Json).sort(), made)
    const { spec } = await installed.cluster.api.expect(
      'GET',
      '/apis/apps/v1/namespaces/registry/deployments/rauth',
    )
    // What 0440 was in YAML 1.1.
    assert.match(JSON.stringify(spec), /"secretName":"rauth-keys","defaultMode":288\}/)
  })

  it('has another base for another namespace, as the page says', async () => {
    await walk.section('Another namespace')
    const namespaces = manifestsOf(readFileSync(path.join(home, 'my-base.yaml'), 'utf8'))
      .map(({ object }) => (object['metadata'] as { namespace?: string }).namespace)
      .filter((name) => name !== undefined)
    assert.deepEqual([...new Set(namespaces)], ['elsewhere'])
  })

  it('has the image of the overlay in every pod that is rauth', async () => {
    const pods = (await built()).flatMap(podsOf)
    const images = pods.flatMap(({ spec }) =>
      [...(spec.initContainers ?? []), ...spec.containers].map(({ image }) => image),
    )
    assert.deepEqual([...new Set(images)].sort(), [
      'docker.io/envoyproxy/envoy:distroless-v1.40.0',
      'docker.io/library/registry:3',
      'images.example/rauth:1',
    ])
  })

  it('has the fast lane by a component, for the host of the overlay', async () => {
    const folder = path.join(home, 'with-lane')
    const example = path.join(ROOT, 'kustomize/example')
    await cp(example, folder, { recursive: true })
    const overlay = readFileSync(path.join(example, 'kustomization.yaml'), 'utf8')
    const withLane = overlay
      .replace('../base', '../kustomize/base')
      .replace('[image]', '[image, ../kustomize/fast-lane]')
    await writeFile(path.join(folder, 'kustomization.yaml'), withLane)
    const objects = await built('with-lane')
    const mapOf = (from: readonly Json[], name: string) =>
      from.find(({ kind, metadata }) => kind === 'ConfigMap' && (metadata as Json)['name'] === name)
    const rendered = await installed.helm.expect(
      ...['template', 'rauth', path.join(ROOT, 'charts/rauth'), '-n', 'registry'],
      ...['-f', path.join(ROOT, 'kustomize/values.yaml')],
      ...['--no-hooks', '--set', 'gateway.fastLane.enabled=true,config.service=registry.example'],
      ...KUBERNETES_VERSION,
    )
    const wanted = manifestsOf(rendered).map(({ object }) => object)
    const envoy = (from: readonly Json[]) =>
      parse(textOf(mapOf(from, 'rauth-envoy') ?? assert.fail(), 'envoy.yaml')) as Json
    assert.deepEqual(envoy(objects), envoy(wanted))
    assert.match(JSON.stringify(envoy(objects)), /"audiences":\["registry\.example"\]/)
    const rauth = textOf(mapOf(objects, 'rauth-config') ?? assert.fail(), 'rauth.yaml')
    assert.deepEqual((parse(rauth) as Json)['gateway'], {
      fastLane: { enabled: true, window: '30s' },
    })
    const rolled = (from: readonly Json[]) =>
      JSON.stringify(
        from.find(
          ({ kind, metadata }) => kind === 'Deployment' && (metadata as Json)['name'] === 'rauth',
        ),
      )
    assert.notEqual(rolled(objects), rolled(await built()))
  })

  it('has the host of the overlay in rauth, and in a registry that is given what the base gives it', async () => {
    const objects = await built()
    const map = (name: string) =>
      objects.find(
        (one) =>
          one['kind'] === 'ConfigMap' &&
          (one['metadata'] as { name: string }).name.startsWith(name),
      ) ?? assert.fail(name)
    const environment = (deployment: string) => {
      const pod = objects.flatMap(podsOf).find(({ name }) => name === `Deployment ${deployment}`)
      const variables = (pod?.spec.containers[0]?.env ?? []) as Variables
      return Object.fromEntries(
        variables.flatMap(({ name, valueFrom }) => {
          const { key, name: of } = valueFrom?.configMapKeyRef ?? {}
          return of === undefined ? [] : [[name, textOf(map(of), key ?? '')]]
        }),
      )
    }
    const [service, realm] = ['registry.example', 'https://registry.example/token']
    assert.deepEqual(environment('rauth'), { RAUTH_SERVICE: service, RAUTH_REALM: realm })

    const { registry3 } = await installParts(['registry3'])
    const config = path.join(home, 'config.yml')
    await writeFile(config, textOf(map('rauth-registry'), 'config.yml'))
    const { stdout } = await walk.shell(
      "kubectl get secret rauth-keys-registry -n registry -o 'jsonpath={.data.ca\\.crt}' | base64 -d",
    )
    await writeFile(path.join(home, 'ca.crt'), stdout)
    const port = await freePort()
    const registry = await startChild({
      ...{ name: 'registry', program: registry3, args: ['serve', config] },
      logFile: path.join(home, 'registry.log'),
      env: {
        ...environment('rauth-registry'),
        REGISTRY_HTTP_ADDR: `127.0.0.1:${String(port)}`,
        REGISTRY_HTTP_SECRET: 'not empty',
        REGISTRY_AUTH_TOKEN_ROOTCERTBUNDLE: path.join(home, 'ca.crt'),
        REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY: path.join(home, 'images'),
        OTEL_TRACES_EXPORTER: 'none',
      },
    })
    try {
      const challenge = async () => (await ask(port, '/v2/')).headers['www-authenticate']
      await untilReady(registry, () =>
        challenge().then(
          (value) => value !== undefined,
          () => false,
        ),
      )
      assert.equal(await challenge(), `Bearer realm="${realm}",service="${service}"`)
    } finally {
      await registry.stop()
    }
  })
})
