import assert from 'node:assert/strict'
import { request } from 'node:https'
import { after, before, describe, it } from 'node:test'
import { createAuthority, createLeaf, type KeyPairPem } from '../../../src/token/certificate.ts'
import {
  NAMESPACE,
  portValues,
  startInstallation,
  type Installation,
} from '../../support/chart/installation.ts'
import { ask, basic } from '../../support/http.ts'
import type { Json } from '../../support/kubernetes/api.ts'
import { define } from '../../support/kubernetes/definitions.ts'
import type { Pod } from '../../support/kubernetes/node.ts'
import { chartDefinitions } from '../../support/kubernetes/published-definitions.ts'
import { secretsOf } from '../../support/kubernetes/secrets.ts'
import { converse, handshake } from '../../support/tls-client.ts'
import { tlsAuthority, type TlsAuthority } from '../../support/tls-certificates.ts'
import { until } from '../../support/until.ts'

const SERVICE = 'internal-registry.io'
const SECRETS = `/api/v1/namespaces/${NAMESPACE}/secrets`
const TLS = 'kubernetes.io/tls'
const OPTIONS = { algorithm: 'ES256', name: 'rauth token signing' } as const

describe('what the chart deploys, run: keys of cert-manager, and TLS for clients', () => {
  let installed: Installation
  let ports: Awaited<ReturnType<Installation['ports']>>
  let clients: TlsAuthority
  let authority: KeyPairPem
  let pods: readonly Pod[]

  async function put(
    method: 'POST' | 'PUT',
    name: string,
    pair: KeyPairPem,
    ca: string,
  ): Promise<void> {
    const at = method === 'POST' ? SECRETS : `${SECRETS}/${name}`
    const stringData = { 'tls.key': pair.key, 'tls.crt': pair.certificate, 'ca.crt': ca }
    await installed.cluster.api.expect(method, at, { metadata: { name }, type: TLS, stringData })
  }

  before(async () => {
    installed = await startInstallation()
    const { api } = installed.cluster
    await define(api, await chartDefinitions())
    await secretsOf(api).namespace('team-a')
    await secretsOf(api).create('team-a', { username: 'team-a', password: 'canary' })
    // What cert-manager would make.
    const now = new Date()
    authority = await createAuthority({ ...OPTIONS, name: 'an issuer', now, days: 30 })
    const leaf = await createLeaf(authority, { ...OPTIONS, now, days: 10 })
    await put('POST', 'rauth-signing', leaf, authority.certificate)
    clients = await tlsAuthority('for clients')
    await put('POST', 'registry-tls', await clients.issue('registry'), clients.certificate)
    ports = await installed.ports()
    const { config, envoy, ...values } = portValues(ports)
    await installed.apply('install', {
      ...values,
      split: true,
      config: {
        ...(config as Json),
        ...{
          realm: `https://localhost:${String(ports.envoy)}/token`,
          trustedProxies: ['127.0.0.1/32'],
        },
      },
      envoy: { ...(envoy as Json), tls: { secretName: 'registry-tls' } },
      signingKey: { certManager: { enabled: true, issuerRef: { name: 'an-issuer' } } },
    })
    const start = async (name: string) =>
      installed.start(name, (await installed.ports()).operations)
    pods = [await start('rauth-registry'), await start('rauth'), await start('rauth-gateway')]
  })
  after(() => installed.stop())

  const sync = () => Promise.all(pods.map((pod) => pod.sync()))
  function get(path: string, authorization: string): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const options = {
        host: 'localhost',
        port: ports.envoy,
        path,
        ca: clients.certificate,
        agent: false,
      }
      const outgoing = request({ ...options, headers: { authorization } }, (response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => (text += chunk.toString()))
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, text })
        })
      })
      outgoing.on('error', reject)
      outgoing.end()
    })
  }
  async function token(repository: string): Promise<string> {
    const query = `service=${SERVICE}&scope=repository:${repository}:pull`
    const { status, text } = await get(`/token?${query}`, basic('team-a', 'canary'))
    assert.equal(status, 200, text)
    return (JSON.parse(text) as { token: string }).token
  }
  /** 404: it came through gateway and registry, which has no such repository. */
  const tags = async (repository: string, bearer: string) =>
    (await get(`/v2/${repository}/tags/list`, `Bearer ${bearer}`)).status

  it('made nothing but the binding key, of which both halves have the same', () => {
    assert.deepEqual(installed.jobs.done.at(-1), {
      name: 'rauth-keys-init',
      ok: true,
      output: 'created Secret registry/rauth-keys\n',
    })
    const [, rauth, gateway] = pods
    assert.ok(rauth?.has('rauth', '/etc/rauth/keys/tls.key'))
    assert.ok(!gateway?.has('rauth', '/etc/rauth/keys/tls.key'))
  })

  it('signs with that key, and gateway and registry take it by its CA', async () => {
    assert.equal(await tags('team-a/app', await token('team-a/app')), 404)
    assert.equal(await tags('team-b/app', await token('team-a/app')), 403)
    const headers = { authorization: `Bearer ${await token('team-a/app')}` }
    assert.equal((await ask(ports.registry, '/v2/team-a/app/tags/list', { headers })).status, 404)
  })

  it('revokes there, too: both halves bind tokens to passwords by one key', async () => {
    const before = await token('team-a/app')
    const secrets = secretsOf(installed.cluster.api)
    await secrets.replace('team-a', { username: 'team-a', password: 'another' })
    await until('the refusal', 20_000, async () => (await tags('team-a/app', before)) === 401)
    await secrets.replace('team-a', { username: 'team-a', password: 'canary' })
    await until('the login', 20_000, async () => (await tags('team-a/app', before)) === 404)
  })

  it('shows clients the next certificate without a restart', async () => {
    const shown = async () => {
      const socket = await handshake(ports.envoy, { ca: clients.certificate })
      const { subject } = socket.getPeerCertificate()
      socket.destroy()
      return subject.CN
    }
    assert.equal(await shown(), 'registry')
    await put('PUT', 'registry-tls', await clients.issue('the next'), clients.certificate)
    await sync()
    await until('the next one', 20_000, async () => (await shown()) === 'the next')
  })

  it('asks proxies in other pods for a certificate, where there is no Envoy beside it', async () => {
    const others = await tlsAuthority('for Envoy alone')
    await put('POST', 'rauth-tls', await clients.issue('rauth'), clients.certificate)
    // The CA of proxies lies beside a certificate of another one.
    await put('POST', 'gateway-tls', await clients.issue('gateway'), others.certificate)
    for (const pod of pods) await pod.stop()
    await installed.apply('upgrade', {
      ...portValues(ports),
      ...{ registry: { enabled: false }, envoy: { enabled: false } },
      signingKey: { certManager: { enabled: true, issuerRef: { name: 'an-issuer' } } },
      tls: {
        token: { secretName: 'rauth-tls' },
        gateway: { secretName: 'gateway-tls', clientAuthority: true },
      },
    })
    pods = [await installed.start('rauth')]
    const trusted = { ca: clients.certificate }
    ;(await handshake(ports.token, trusted)).destroy()
    const envoy = await others.issue('envoy', { usage: 'client' })
    const stranger = await clients.issue('stranger', { usage: 'client' })
    const http = `GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`
    const asked = (pair: Partial<KeyPairPem>) =>
      converse(ports.gatewayHttp, { ...trusted, key: pair.key, cert: pair.certificate }, http)
    assert.match((await asked(envoy)).text, /^HTTP\/1\.1 4/)
    assert.equal((await asked(stranger)).text, '')
    assert.equal((await asked({})).text, '')
  })
})
