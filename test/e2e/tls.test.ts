import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { isMap, isSeq, parse, type Document } from 'yaml'
import { craneClient, type CraneClient } from '../support/clients.ts'
import { skopeoClient } from '../support/containers.ts'
import { envoyAdmin, type EnvoyAdmin } from '../support/envoy-admin.ts'
import { mountFiles, pairFiles } from '../integration/file/keys/key-folder.ts'
import { ask, type Answer } from '../support/http.ts'
import {
  assertNoFailure,
  craneOverAndOver,
  pullOverAndOver,
  stopAll,
  untilPulled,
  type Pulls,
} from '../support/pulls.ts'
import { startRegistry, type Registry } from '../support/registry.ts'
import { startStack, type Stack } from '../support/stack.ts'
import { tlsAuthority } from '../support/tls-certificates.ts'
import { converse, handshake } from '../support/tls-client.ts'
import { until } from '../support/until.ts'

/** The root of the repository, from dist/test/e2e. */
const ROOT = path.resolve(import.meta.dirname, '../../..')
const REPOSITORY = 'team-a/app'

const ca = await tlsAuthority('CA of rauth')
const envoyCa = await tlsAuthority('CA of Envoy')
const nextEnvoyCa = await tlsAuthority('next CA of Envoy')
const envoy = await envoyCa.issue('envoy', { usage: 'client' })

describe('TLS between the real parts', () => {
  let folder: string
  let stack: Stack
  let registry: Registry
  let admin: EnvoyAdmin
  let through: CraneClient
  let direct: CraneClient

  const at = (...names: readonly string[]) => path.join(folder, ...names)
  /** As Secrets are mounted: for rauth with the CA of its clients, for Envoy with that of rauth. */
  const forRauth = async (name: string, clients: string) =>
    mountFiles(at('rauth'), { ...pairFiles('tls', await ca.issue(name)), 'clients.crt': clients })
  const forEnvoy = (pair: typeof envoy) =>
    mountFiles(at('envoy'), { ...pairFiles('tls', pair), 'ca.crt': ca.certificate })

  /** A file that docs/tls.md shows, with the names of here. */
  async function documented(begin: string): Promise<string> {
    const page = await readFile(path.join(ROOT, 'docs/tls.md'), 'utf8')
    const block = page.split('```yaml\n').find((text) => text.startsWith(begin))
    return (block?.split('```')[0] ?? assert.fail(`docs/tls.md has no ${begin}`))
      .replaceAll('/etc/envoy/client.yaml', at('client.yaml'))
      .replaceAll('/etc/envoy/client', at('envoy'))
      .replaceAll('/etc/envoy/rauth-ca.crt', at('envoy', 'ca.crt'))
      .replaceAll('rauth.rauth.svc', 'localhost')
  }

  /** What docs/tls.md says, and few requests a connection, so that there is always a new one. */
  async function transport(): Promise<(document: Document) => void> {
    const text = await documented("# Envoy's cluster rauth-gateway")
    await writeFile(at('client.yaml'), await documented('# /etc/envoy/client.yaml'))
    return (document) => {
      admin.open(document)
      document.set('node', { id: 'envoy', cluster: 'envoy' })
      for (const name of ['rauth-gateway', 'rauth-token']) {
        const socket = (parse(text) as { transport_socket: Transport }).transport_socket
        if (name === 'rauth-token')
          socket.typed_config.common_tls_context.tls_certificate_sds_secret_configs = []
        const clusters: unknown = document.getIn(['static_resources', 'clusters'])
        if (!isSeq(clusters)) assert.fail('no clusters')
        const index = clusters.items.findIndex((one) => isMap(one) && one.get('name') === name)
        const cluster = ['static_resources', 'clusters', index]
        document.setIn([...cluster, 'transport_socket'], document.createNode(socket))
        // The handshake is part of it, and there are many here, on a machine that may be busy with others.
        document.setIn([...cluster, 'connect_timeout'], '20s')
        const protocol = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions'
        const options = [...cluster, 'typed_extension_protocol_options', protocol]
        const limit = [...options, 'common_http_protocol_options', 'max_requests_per_connection']
        document.setIn(limit, 20)
      }
    }
  }

  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'rauth-tls-'))
    for (const name of ['rauth', 'envoy']) await mkdir(at(name))
    await forRauth('first', envoyCa.certificate)
    await forEnvoy(envoy)
    admin = await envoyAdmin()
    const files = { CERTIFICATE: at('rauth', 'tls.crt'), KEY: at('rauth', 'tls.key') }
    const settings = (name: string) =>
      Object.entries(files).map(([key, file]) => [`RAUTH_TLS_${name}_${key}`, file] as const)
    stack = await startStack({
      ...({ registry: '3', registryAuth: true, envoy: true } as const),
      editEnvoy: await transport(),
      environment: {
        ...Object.fromEntries([...settings('TOKEN'), ...settings('GATEWAY')]),
        RAUTH_TLS_GATEWAY_CLIENT_AUTHORITY: at('rauth', 'clients.crt'),
      },
    })
    registry = await startRegistry({
      ...{ generation: '2.8', issuer: 'rauth', service: stack.service },
      certificates: await readFile(path.join(stack.keysDirectory, 'ca.crt'), 'utf8'),
      realm: `https://localhost:${stack.token}/token`,
    })
    const login = stack.login('team-a')
    through = await craneClient(stack.registry, login)
    direct = await craneClient(`localhost:${registry.port}`, login)
  })
  after(async () => {
    delete process.env['SSL_CERT_FILE']
    await through.remove()
    await direct.remove()
    await registry.stop()
    await stack.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const trusting = { ca: ca.certificate }

  it('a client logs in, pushes and pulls through Envoy, which speaks TLS to both ports', async () => {
    const { username, password } = stack.login('team-a')
    const login = ['auth', 'login', stack.registry, '-u', username, '-p', password]
    const outcomes = [
      await through.crane(...login),
      await through.push('an image', `${stack.registry}/${REPOSITORY}:v1`),
      await through.pull(`${stack.registry}/${REPOSITORY}:v1`),
    ]
    for (const { code, output } of outcomes) assert.equal(code, 0, output)
    assert.equal((await ask(stack.entry, `/v2/team-b/app/tags/list`)).status, 401)
  })

  it('plain HTTP gets no answer from either port', async () => {
    for (const port of [stack.token, stack.gateway]) {
      const answer = await ask(port, '/token').catch(() => undefined as Answer | undefined)
      assert.equal(answer, undefined)
    }
    for (const listener of ['token', 'gateway']) {
      const count = `rauth_tls_handshake_failures_total{listener="${listener}",reason="no_tls"} 1\n`
      await until(`it is counted, ${listener}`, 20_000, async () =>
        (await ask(stack.operations, '/metrics')).body.includes(count),
      )
    }
    assert.match(await stack.rauthLog(), /"reason":"no_tls",.*what a client sent is no TLS/)
  })

  it('who has no client certificate does not get past the handshake of the gateway', async () => {
    const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0'
    const h2 = { ...trusting, ALPNProtocols: ['h2'] }
    assert.equal((await converse(stack.gateway, h2, preface)).text, '')
    const { key, certificate: cert } = envoy
    const socket = await handshake(stack.gateway, { ...h2, key, cert })
    socket.destroy()
  })

  it('crane and skopeo get their tokens from an https realm, if they trust its CA', async () => {
    const reference = `localhost:${registry.port}/${REPOSITORY}:v1`
    const refused = await direct.push('an image', reference)
    assert.notEqual(refused.code, 0)
    assert.match(refused.output, /x509|certificate/)
    process.env['SSL_CERT_FILE'] = at('envoy', 'ca.crt')
    const skopeo = await skopeoClient(`localhost:${registry.port}`, stack.login('team-a'))
    for (const client of [direct, skopeo]) {
      const pushed = await client.push(`an image of ${client.name}`, reference)
      assert.equal(pushed.code, 0, pushed.output)
      const pulled = await client.pull(reference)
      assert.equal(pulled.code, 0, pulled.output)
    }
    await skopeo.remove()
  })

  async function loaded(certificates: number): Promise<void> {
    await until('the certificate is taken', 20_000, async () => {
      return (await stack.rauthLog()).split('TLS certificate loaded').length - 1 >= certificates
    })
  }

  it('no pull fails while certificates and the client CA change', async (context) => {
    const common = {
      ...{ port: stack.entry, token: stack.entry, service: stack.service },
      ...{ login: stack.login('team-a'), repository: REPOSITORY },
    }
    const pulls = new Map<string, Pulls>([
      ['through Envoy', pullOverAndOver({ ...common, reuse: 0 })],
      ['kept tokens', pullOverAndOver({ ...common, reuse: 20_000 })],
      ['crane', craneOverAndOver(through, `${stack.registry}/${REPOSITORY}:v1`)],
      ['https realm', craneOverAndOver(direct, `localhost:${registry.port}/${REPOSITORY}:v1`)],
    ])
    const pid = stack.rauthPid()
    try {
      await untilPulled(pulls, 3)
      await forRauth('second', envoyCa.certificate)
      await loaded(4)
      const shown = (await handshake(stack.token, trusting)).getPeerCertificate().subject.CN
      assert.equal(String(shown), 'second')
      await untilPulled(pulls, 3)
      // The CA of the clients: first both are good, then Envoy changes, then the old one goes.
      await forRauth('third', envoyCa.certificate + nextEnvoyCa.certificate)
      await loaded(6)
      const next = await nextEnvoyCa.issue('envoy', { usage: 'client' })
      await forEnvoy(next)
      await admin.untilShows(next.certificate)
      // A connection of Envoy's ends with its 20th request: none has the old certificate by then.
      await untilPulled(pulls, 25)
      await forRauth('fourth', nextEnvoyCa.certificate)
      await loaded(8)
      await untilPulled(pulls, 10)
    } finally {
      await stopAll(pulls)
    }
    assertNoFailure(context, pulls, 5)
    assert.equal(stack.rauthPid(), pid)
  })

  it('a bad pair is told, and changes nothing', async () => {
    const { key } = await ca.issue('fifth')
    const { certificate } = await ca.issue('sixth')
    const clients = { 'clients.crt': nextEnvoyCa.certificate }
    await mountFiles(at('rauth'), { ...clients, ...pairFiles('tls', { key, certificate }) })
    const readiness = async () => (await ask(stack.operations, '/readyz')).body
    // Each port reads its files by itself.
    await until('it is told of both ports', 20_000, async () => {
      const told = await readiness()
      return told.includes('"tls.gateway":"') && told.includes('"tls.token":"')
    })
    assert.match(await readiness(), /"tls\.token":"\S+tls\.crt is not the certificate of /)
    assert.match(await readiness(), /"status":"ok"/)
    const { body } = await ask(stack.operations, '/metrics')
    for (const listener of ['token', 'gateway']) {
      assert.match(
        body,
        new RegExp(`^rauth_tls_reload_failures_total\\{listener="${listener}"\\} 1$`, 'm'),
      )
    }
    assert.match(body, /^rauth_tls_expiry_timestamp_seconds\{listener="token"\} \d+$/m)
    const clientCas = /^rauth_tls_client_authority_expiry_timestamp_seconds\{listener="gateway"\}/m
    assert.match(body, clientCas)
    const pulled = await through.pull(`${stack.registry}/${REPOSITORY}:v1`)
    assert.equal(pulled.code, 0, pulled.output)
    assert.doesNotMatch(await stack.rauthLog(), /PRIVATE KEY/)
  })
})

interface Transport {
  readonly typed_config: {
    readonly common_tls_context: { tls_certificate_sds_secret_configs: readonly unknown[] }
  }
}
