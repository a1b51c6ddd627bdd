import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { startChild, untilReady, type Child } from '../../tools/stack/child.ts'
import { freePort } from '../../tools/stack/ports.ts'
import { writeWorld } from '../docker-auth/servers.ts'
import { PASSWORD } from '../docker-auth/world.ts'
import { throwAwayAuthority } from '../support/certified-keys.ts'
import { ask, basic } from '../support/http.ts'
import { startRegistry, type Registry } from '../support/registry.ts'

/** The bundled program, from dist/test/e2e. */
const RAUTH = path.resolve(import.meta.dirname, '../../rauth.js')

const SERVICE = 'Docker registry'

const WORLD = {
  users: { alice: {} },
  outside: undefined,
  acl: [{ match: { account: 'alice', name: 'alice/*' }, actions: ['pull'] }],
  ...{ judged: false, pathPrefix: '', realIp: undefined },
} as const

for (const algorithm of ['RS256', 'ES256', 'ES384'] as const) {
  describe(`a certificate that registries trust already, ${algorithm}`, () => {
    let directory: string
    let rauth: Child
    let port: number
    const registries: Registry[] = []
    before(async () => {
      directory = await mkdtemp(path.join(os.tmpdir(), 'rauth-docker-auth-'))
      const [certificate, key] = [
        path.join(directory, 'token.crt'),
        path.join(directory, 'token.key'),
      ]
      const pair = await throwAwayAuthority(algorithm)
      await writeFile(certificate, pair.certificate)
      await writeFile(key, pair.key)
      port = await freePort()
      const { file } = await writeWorld({ certificate, key }, WORLD, directory, port)
      rauth = await startChild({
        ...{ name: 'rauth', program: process.execPath, logFile: path.join(directory, 'log') },
        args: [RAUTH, 'serve', '--docker-auth-config', file],
        env: { RAUTH_LISTEN_OPERATIONS: '127.0.0.1:0' },
      })
      await untilReady(rauth, () =>
        ask(port, '/health').then(
          ({ status }) => status === 200,
          () => false,
        ),
      )
      for (const generation of ['2.8', '3'] as const) {
        const certificates = await readFile(certificate, 'utf8')
        registries.push(
          await startRegistry({
            generation,
            issuer: 'Auth Service',
            service: SERVICE,
            certificates,
          }),
        )
      }
    })
    after(async () => {
      for (const registry of registries) await registry.stop()
      await rauth.stop()
      await rm(directory, { recursive: true, force: true })
    })

    it('has tokens that registry 2.8 and 3 take, and for what they are', async () => {
      const query = new URLSearchParams({ service: SERVICE, scope: 'repository:alice/app:pull' })
      const answer = await ask(port, `/auth?${query.toString()}`, {
        headers: { authorization: basic('alice', PASSWORD) },
      })
      const { token } = JSON.parse(answer.body) as { token: string }
      const headers = { authorization: `Bearer ${token}` }
      for (const registry of registries) {
        const statusOf = async (target: string) =>
          (await ask(registry.port, target, { headers })).status
        assert.equal(await statusOf('/v2/'), 200)
        assert.equal(await statusOf('/v2/alice/app/manifests/none'), 404)
        assert.equal(await statusOf('/v2/bob/app/manifests/none'), 401)
      }
    })
  })
}
