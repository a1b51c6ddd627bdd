import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { describeBehindEnvoyOf } from '../../support/behind-envoy-of.ts'
import { ask } from '../../support/http.ts'
import { spiffe, startSidecar, type Sidecar } from '../../support/istio/sidecar.ts'
import { RECORDED, translate } from '../../support/istio/translation.ts'
import { converse } from '../../support/tls-client.ts'

/** What istiod makes of the example, in a real Envoy: without its control plane, and without TLS at the gateway. */

const made = await translate()
if (made !== undefined && process.env['UPDATE_TRANSLATION'] === '1') await RECORDED.write(made)

describe('what istiod makes of the example', () => {
  it('is recorded of the example as it stands', async () => {
    const next =
      'npm run parts -- istio-translate; UPDATE_TRANSLATION=1 npm test -- e2e deploy/istio'
    assert.equal((await RECORDED.read()).of, await RECORDED.sourcesDigest(), `next: ${next}`)
  })

  const skip =
    made === undefined && 'istio-translate is not there; next: npm run parts -- istio-translate'
  it('is what its own code makes', { skip }, async () => {
    const { gateway, sidecar } = await RECORDED.read()
    assert.deepEqual(made, { gateway, sidecar })
  })
})

describeBehindEnvoyOf({ name: 'Istio', proxy: 'istio' }, { inWords: true })

describe('what istiod makes of the sidecar of the registry', () => {
  const registry = createServer((_request, response) => response.end('the registry'))
  let sidecar: Sidecar
  before(async () => {
    sidecar = await startSidecar(await listening(registry))
  })
  after(async () => {
    registry.close()
    await sidecar.stop()
  })

  const GET = 'GET /v2/_catalog HTTP/1.1\r\nHost: rauth-registry\r\nConnection: close\r\n\r\n'

  /** What a workload of the mesh gets, by who its certificate says it is. */
  async function asWorkload(uri: string, said = GET): Promise<string> {
    const { authority, port } = sidecar
    const { certificate: cert, key } = await authority.issue('it', { usage: 'client', uri })
    return (await converse(port, { ca: authority.certificate, cert, key }, said)).text
  }

  it('lets in the ingress gateway and rauth', async () => {
    for (const [namespace, account] of [
      ['istio-ingress', 'istio-ingress'],
      ['registry', 'rauth'],
    ] as const) {
      const text = await asWorkload(spiffe(namespace, account))
      assert.match(text, /^HTTP\/1\.1 200 [^]*the registry/, account)
    }
  })

  it('lets the pod of helm test look at /v2/, and at nothing else', async () => {
    const uri = spiffe('registry', 'rauth-test')
    const asking = (method: string, path: string) =>
      asWorkload(uri, GET.replace('GET /v2/_catalog', `${method} ${path}`))
    assert.match(await asking('GET', '/v2/'), /^HTTP\/1\.1 200 [^]*the registry/)
    const others = [
      ['GET', '/v2/_catalog'],
      ['GET', '/v2/team-b/secret/manifests/v1'],
      ['GET', '/v2/%2e%2e/v2/_catalog'],
      ['POST', '/v2/'],
      ['DELETE', '/v2/'],
    ] as const
    await Promise.all(
      others.map(async ([method, path]) => {
        assert.match(await asking(method, path), /^HTTP\/1\.1 403 /, `${method} ${path}`)
      }),
    )
  })

  it('lets in nobody else of the mesh, whatever headers say', async () => {
    const claiming = GET.replace(
      'Connection',
      `X-Forwarded-Client-Cert: URI=${spiffe('registry', 'rauth')}\r\nConnection`,
    )
    const others = [
      spiffe('team-b', 'default'),
      spiffe('registry', 'default'),
      spiffe('registry', 'rauth-registry'),
      spiffe('team-b', 'rauth'),
      spiffe('istio-ingress-2', 'istio-ingress'),
      spiffe('registry', 'rauth2'),
      spiffe('team-b', 'rauth-test'),
    ]
    // At once, as Envoy keeps a connection that it refused for another second.
    await Promise.all(
      others
        .flatMap((uri) => [GET, claiming].map((said) => [uri, said] as const))
        .map(async ([uri, said]) => {
          assert.match(await asWorkload(uri, said), /^HTTP\/1\.1 403 /, uri)
        }),
    )
  })

  it('speaks to nobody without a certificate of the mesh', async () => {
    const { authority, port } = sidecar
    const { text } = await converse(port, { ca: authority.certificate }, GET)
    assert.equal(text, '')
    assert.equal(await asWorkload(spiffe('registry', 'rauth', 'another.mesh')), '')
    await assert.rejects(ask(port, '/v2/_catalog'))
  })
})

/** The port of this machine that a server listens at from here on. */
async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen({ host: '127.0.0.1', port: 0 }, resolve)
  })
  return (server.address() as AddressInfo).port
}
