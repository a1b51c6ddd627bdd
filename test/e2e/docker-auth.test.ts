import assert from 'node:assert/strict'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { startChild, untilReady, type Child } from '../../tools/stack/child.ts'
import { freePort } from '../../tools/stack/ports.ts'
import { craneClient, type CraneClient, type Login } from '../support/clients.ts'
import { startRegistry, type Registry } from '../support/registry.ts'
import { tlsAuthority } from '../support/tls-certificates.ts'
import { handshake } from '../support/tls-client.ts'

/** The bundled program, from dist/test/e2e. */
const RAUTH = path.resolve(import.meta.dirname, '../../rauth.js')

/** A private registry with authorization of its own, as people set it up with docker_auth. */
const configuration = (port: number, directory: string) => `
server:
  addr: ":${port}"
  certificate: "${directory}/server.pem"
  key: "${directory}/server.key"

token:
  issuer: "Auth Service"
  expiration: 900

ext_auth:
  command: "${directory}/ext_auth.sh"
  args: [""]

acl:
  - match: {ip: "127.0.0.0/8"}
    actions: ["*"]
    comment: "Allow everything from localhost (IPv4)"
  - match: {account: "/.+/", type: "registry", name: "catalog"}
    actions: ["*"]
    comment: "Logged in users can query the catalog"
  - match: {labels: {"group": "CICD"}}
    actions: ["*"]
    comment: "CICD account has full access to everything"
  - match: {account: "/.+/"}
    actions: ["pull"]
    comment: "Logged in users can pull all images"
  # Access is denied by default.
`

/** The CI account has its password in the environment; everybody else is asked of the company. */
const SCRIPT = `#!/bin/sh
read user password
if [ "$user" = "cicd" ]; then
  if [ "$password" = "$CICD_PASSWORD" ]; then
    echo '{"labels": {"group": ["CICD"]}}'
    exit 0
  fi
  exit 1
fi
[ "$password" = "company-$user" ] && exit 0
exit 1
`

const CICD: Login = { username: 'cicd', password: 'canary-cicd' }
const ALICE: Login = { username: 'alice', password: 'company-alice' }
const SERVICE = 'Docker registry'

/** An address of this machine that is not localhost. */
const elsewhere = Object.values(os.networkInterfaces())
  .flatMap((all) => all ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address

for (const generation of ['2.8', '3'] as const) {
  describe(`a docker_auth configuration and its script, with registry ${generation}`, () => {
    let directory: string
    let rauth: Child
    let port: number
    const registries: Registry[] = []
    const clients: CraneClient[] = []
    const file = (name: string) => path.join(directory, name)

    before(async () => {
      directory = await mkdtemp(path.join(os.tmpdir(), 'rauth-docker-auth-'))
      const ca = await tlsAuthority('company CA')
      const pair = await ca.issue(
        'registry.test',
        elsewhere === undefined ? {} : { address: elsewhere },
      )
      port = await freePort()
      await writeFile(file('server.pem'), pair.certificate)
      await writeFile(file('server.key'), pair.key, { mode: 0o600 })
      await writeFile(file('ca.pem'), ca.certificate)
      await writeFile(file('ext_auth.sh'), SCRIPT)
      await chmod(file('ext_auth.sh'), 0o755)
      await writeFile(file('auth_config.yml'), configuration(port, directory))
      // For the clients, and for the registries as well.
      process.env['SSL_CERT_FILE'] = file('ca.pem')
      rauth = await startChild({
        ...{ name: 'rauth', program: process.execPath, logFile: file('log') },
        args: [RAUTH, 'serve', '--docker-auth-config', file('auth_config.yml')],
        env: { CICD_PASSWORD: CICD.password, RAUTH_LISTEN_OPERATIONS: '127.0.0.1:0' },
      })
      await untilReady(rauth, () =>
        handshake(port, { ca: ca.certificate }).then(
          (socket) => {
            socket.destroy()
            return true
          },
          () => false,
        ),
      )
      for (const host of ['localhost', ...(elsewhere === undefined ? [] : [elsewhere])]) {
        registries.push(
          await startRegistry({
            ...{ generation, issuer: 'Auth Service', service: SERVICE },
            certificates: pair.certificate,
            realm: `https://${host}:${port}/auth`,
            storage: file('images'),
          }),
        )
      }
    })
    after(async () => {
      delete process.env['SSL_CERT_FILE']
      for (const client of clients) await client.remove()
      for (const registry of registries) await registry.stop()
      await rauth.stop()
      await rm(directory, { recursive: true, force: true })
    })

    /** crane at the registry whose tokens are fetched from one address or the other. */
    async function at(from: 'localhost' | 'elsewhere', login?: Login) {
      const registry = registries[from === 'localhost' ? 0 : 1]
      const host = `localhost:${registry?.port ?? 0}`
      const client = await craneClient(host, login)
      clients.push(client)
      const image = (name: string) => `${host}/${name}`
      return { client, image, host }
    }

    async function codes(from: 'localhost' | 'elsewhere', login: Login | undefined, tag: string) {
      const { client, image, host } = await at(from, login)
      const push = await client.push(`${generation} ${from} ${tag}`, image(`app/${tag}:v1`))
      const pull = await client.pull(image('base/one:v1'))
      const catalog = await client.crane('catalog', host)
      return [push.code, pull.code, catalog.code].map((code) => code === 0)
    }

    it('lets the CI account push, and others pull and see the catalog', async (context) => {
      if (elsewhere === undefined) {
        context.skip('NOT RUN: this machine has no address but localhost')
        return
      }
      const { client, image } = await at('elsewhere', CICD)
      const pushed = await client.push('base', image('base/one:v1'))
      assert.equal(pushed.code, 0, pushed.output)
      assert.deepEqual(await codes('elsewhere', CICD, 'cicd'), [true, true, true])
      assert.deepEqual(await codes('elsewhere', ALICE, 'alice'), [false, true, true])
      assert.deepEqual(await codes('elsewhere', undefined, 'nobody'), [false, false, false])
      const wrong = { ...CICD, password: 'wrong' }
      assert.deepEqual(await codes('elsewhere', wrong, 'wrong'), [false, false, false])
    })

    it('lets whoever logs in do everything from localhost, by its address', async () => {
      const { client, image } = await at('localhost', ALICE)
      const pushed = await client.push('base', image('base/one:v1'))
      assert.equal(pushed.code, 0, pushed.output)
      assert.deepEqual(await codes('localhost', ALICE, 'local'), [true, true, true])
      assert.deepEqual(await codes('localhost', undefined, 'local'), [false, false, false])
    })
  })
}
