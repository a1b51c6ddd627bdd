import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { parse, parseAllDocuments } from 'yaml'
import { PROXIES } from '../../../src/adapters/ext-authz/proxies/proxies.ts'
import { registryConfig, type RegistryTokenCheck } from '../../../tools/stack/registry-config.ts'

/** The root of the repository, from dist/test/unit/docs. */
const ROOT = path.resolve(import.meta.dirname, '../../../..')
const PAGES = path.join(ROOT, 'docs/deploy')
const EXAMPLES = path.join(ROOT, 'examples/deploy')
const read = (...names: readonly string[]) => readFileSync(path.join(...names), 'utf8')

type Json = Readonly<Record<string, unknown>>

const names = readdirSync(PAGES)
  .filter((file) => file !== 'README.md')
  .map((file) => file.replace('.md', ''))
const pageOf = (name: string) => read(PAGES, `${name}.md`)

/** The files that a page is about, as text without comments. */
function examplesOf(name: string): readonly string[] {
  const folder = name === 'envoy' ? path.join(ROOT, 'envoy') : path.join(EXAMPLES, name)
  return readdirSync(folder).map((file) => read(folder, file).replaceAll(/^ *(#|--).*$/gm, ''))
}

describe('docs/deploy', () => {
  const start = read(PAGES, 'README.md')

  it('has a page for every proxy that can be configured, and for every folder of examples', () => {
    const configurable = Object.keys(PROXIES)
    assert.deepEqual(configurable, ['envoy', 'nginx', 'traefik', 'haproxy'])
    for (const http of configurable) assert.ok(names.includes(http), http)
    const asked = /^\| `gateway\.http`.*$/m.exec(start)?.[0] ?? assert.fail('no row')
    for (const http of configurable) assert.ok(asked.includes(`\`${http}\``), http)
    const folders = readdirSync(EXAMPLES, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
    assert.deepEqual(['envoy', ...folders].sort(), [...names].sort())
    for (const name of names) assert.ok(start.includes(`](${name}.md)`), name)
  })

  for (const name of names) {
    it(`${name}: shows nothing but rauth.yaml, pieces of its own examples, and commands`, () => {
      for (const [, language, block = ''] of pageOf(name).matchAll(/^```(\w*)\n([^]*?)^```$/gm)) {
        // Commands are run: test/e2e/deploy/objects.test.ts.
        if (language === 'sh' || block.startsWith('# rauth.yaml\n')) continue
        const folder = path.join(EXAMPLES, name)
        const files = readdirSync(folder).map((file) => read(folder, file))
        assert.ok(
          files.some((file) => file.includes(block)),
          block,
        )
      }
    })

    it(`${name}: what keeps it safe is in its examples, and what would not is not`, () => {
      const [, section = ''] = pageOf(name).split('## What keeps it safe\n')
      const [table = ''] = section.split('\n## ')
      const text = examplesOf(name).join('\n')
      const rows = [...table.matchAll(/^\| (.*?) +\|/gm)].map(([, cell = '']) => cell).slice(2)
      for (const cell of rows) {
        for (const [, code = ''] of cell.matchAll(/`([^`]+)`/g)) {
          // A value of the chart, by its last name.
          const word = /^\w+\.\w+$/.test(code) ? (code.split('.')[1] ?? '') : code
          assert.equal(text.includes(word), !cell.startsWith('no '), `${cell}: ${code}`)
        }
      }
      assert.equal(rows.length > 4, name !== 'no-proxy')
    })
  }
})

const objectsOf = (...file: readonly string[]) =>
  parseAllDocuments(read(EXAMPLES, ...file)).map((document) => document.toJS() as Json)

describe('examples/deploy', () => {
  for (const [name, files] of [
    ['istio', ['ingress-gateway.yaml', 'sidecar.yaml', 'envoy-filter.yaml']],
    ['envoy-gateway', ['envoy-gateway.yaml']],
  ] as const) {
    it(`${name}: the chart is tried with these very values and objects`, () => {
      const text = read(ROOT, 'charts/rauth/ci', `${name}-values.yaml`)
      const { extraObjects, ...values } = parse(text) as Json
      assert.deepEqual(values, parse(read(EXAMPLES, name, 'values.yaml')))
      assert.deepEqual(
        extraObjects,
        files.flatMap((file) => objectsOf(name, file)),
      )
    })
  }

  it('envoy-gateway: its Envoy has the limits of envoy.yaml', () => {
    const { spec } = (objectsOf('envoy-gateway/envoy-gateway.yaml').find(
      ({ kind }) => kind === 'EnvoyProxy',
    ) ?? assert.fail('no EnvoyProxy')) as { spec: { bootstrap: { jsonPatches: Json[] } } }
    const { overload_manager } = parse(read(ROOT, 'envoy/envoy.yaml')) as Json
    const value = overload_manager
    assert.deepEqual(spec.bootstrap.jsonPatches, [{ op: 'add', path: '/overload_manager', value }])
  })

  it('traefik: no client says what is judged, and no header is hidden', () => {
    const { http } = parse(read(EXAMPLES, 'traefik/file.yaml')) as {
      http: {
        routers: Record<string, { middlewares?: string[]; rule: string }>
        middlewares: { lookalikes: Json; rauth: { forwardAuth: Json }; forms: Json }
      }
    }
    assert.deepEqual(http.routers['registry']?.middlewares, ['lookalikes', 'rauth'])
    assert.deepEqual(http.routers['token']?.middlewares, ['forms'])
    assert.deepEqual(http.middlewares.lookalikes, {
      headers: {
        customRequestHeaders: Object.fromEntries(
          ['Account', 'Namespace'].flatMap((name) =>
            ['X_Rauth_', 'X_Rauth-', 'X-Rauth_'].map((before) => [before + name, '']),
          ),
        ),
      },
    })
    assert.deepEqual(http.middlewares.rauth.forwardAuth, {
      address: 'http://127.0.0.1:9192/',
      trustForwardHeader: false,
      authResponseHeaders: ['X-Rauth-Account', 'X-Rauth-Namespace'],
    })

    // In Kubernetes the same, but for addresses and the host.
    const [lookalikes, rauth, forms, route] = objectsOf('traefik/kubernetes.yaml').map(
      ({ spec }) => spec,
    )
    assert.deepEqual(forms, http.middlewares.forms)
    assert.deepEqual(lookalikes, http.middlewares.lookalikes)
    const address = 'http://rauth-gateway.registry.svc.cluster.local:9192/'
    assert.deepEqual(rauth, { forwardAuth: { ...http.middlewares.rauth.forwardAuth, address } })
    const { routes } = route as { routes: { match: string; middlewares?: { name: string }[] }[] }
    assert.deepEqual(
      routes.map(({ match, middlewares }) => [match, middlewares?.map(({ name }) => name)]),
      ['registry', 'token'].map((name) => {
        const { rule, middlewares } = http.routers[name] ?? assert.fail(name)
        return [`Host(\`registry.example\`) && (${rule})`, middlewares]
      }),
    )
  })

  it('no-proxy: the registry is told what the tests tell theirs', () => {
    const given = parse(read(EXAMPLES, 'no-proxy/registry.yml')) as Record<'http' | 'auth', Json>
    const { rootcertbundle: certificates, ...token } = given.auth['token'] as RegistryTokenCheck & {
      rootcertbundle: string
    }
    const wanted = parse(
      registryConfig({
        ...{ port: 5000, storage: '/var/lib/registry', secret: '' },
        tokenCheck: { ...token, certificates },
      }),
    ) as Record<'http', Json>
    assert.deepEqual(
      { ...given, log: undefined, http: given.http['relativeurls'] },
      { ...wanted, log: undefined, http: wanted.http['relativeurls'] },
    )
  })

  it('no two of them leave other paths unjudged', () => {
    const paths = ['/token', '/auth', '/jwks.json', '/.well-known/openid-configuration']
    const unjudged = [...paths, '/v2/_catalog']
    const [, , istio] = objectsOf('istio/ingress-gateway.yaml') as { spec: { rules: Json[] } }[]
    assert.deepEqual(istio?.spec.rules, [{ to: [{ operation: { notPaths: unjudged } }] }])
    const [, virtualService] = objectsOf('istio/ingress-gateway.yaml') as {
      spec: { http: { match: { uri: Json }[] }[] }
    }[]
    assert.deepEqual(
      virtualService?.spec.http[0]?.match.map(({ uri }) => uri),
      unjudged.map((exact) => ({ exact })),
    )
    const route = objectsOf('envoy-gateway/envoy-gateway.yaml').find(
      ({ kind, metadata }) =>
        kind === 'HTTPRoute' && (metadata as { name: string }).name === 'registry-token',
    ) as { spec: { rules: { matches: { path: Json }[] }[] } }
    assert.deepEqual(
      route.spec.rules[0]?.matches.map(({ path }) => path),
      unjudged.map((value) => ({ type: 'Exact', value })),
    )
    const ingress = objectsOf('ingress-nginx/ingress.yaml').at(-1) as {
      spec: { rules: { http: { paths: { path: string; pathType: string }[] } }[] }
    }
    assert.deepEqual(
      ingress.spec.rules[0]?.http.paths.map(({ path, pathType }) => [path, pathType]),
      unjudged.map((one) => [one, 'Exact']),
    )
    const nginx = read(EXAMPLES, 'nginx/registry.conf')
    for (const one of unjudged) assert.ok(nginx.includes(`location = ${one} { proxy_pass`), one)
    assert.ok(
      read(EXAMPLES, 'haproxy/haproxy.cfg').includes(`acl token path ${unjudged.join(' ')}`),
    )
  })
})
