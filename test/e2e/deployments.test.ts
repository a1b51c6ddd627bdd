import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { craneClient, type CraneClient } from '../support/clients.ts'
import { skopeoClient } from '../support/containers.ts'
import { ask, basic, fetchToken } from '../support/http.ts'
import { startStack, type Stack, type StackOptions } from '../support/stack.ts'

/** Both deployments, each with both generations of the registry checking tokens itself. */
const STACKS: readonly (readonly [name: string, options: StackOptions])[] = [
  ['Envoy, registry 3', { registry: '3', registryAuth: true, envoy: true }],
  ['Envoy, registry 2.8', { registry: '2.8', registryAuth: true, envoy: true }],
  ['Envoy alone in charge', { registry: '3', registryAuth: false, envoy: true }],
  ['no Envoy, registry 3', { registry: '3', registryAuth: true, envoy: false }],
  ['no Envoy, registry 2.8', { registry: '2.8', registryAuth: true, envoy: false }],
  [
    'no Envoy, registry 2.8, RS256',
    { registry: '2.8', registryAuth: true, envoy: false, algorithm: 'RS256' },
  ],
  [
    'no Envoy, registry 3, RS256',
    { registry: '3', registryAuth: true, envoy: false, algorithm: 'RS256' },
  ],
  [
    'no Envoy, registry 3, kid instead of x5c',
    { registry: '3', registryAuth: true, envoy: false, x5c: false },
  ],
]

for (const [name, options] of STACKS) {
  describe(`real clients: ${name}`, () => {
    let stack: Stack
    let own: CraneClient
    let other: CraneClient

    before(async () => {
      stack = await startStack(options)
      own = await craneClient(stack.registry, stack.login('team-a'))
      other = await craneClient(stack.registry, stack.login('team-b'))
    })
    after(async () => {
      await own.remove()
      await other.remove()
      await stack.stop()
    })

    it('log in with the right password only', async () => {
      const { username, password } = stack.login('team-a')
      const login = (secret: string) =>
        own.crane('auth', 'login', stack.registry, '-u', username, '-p', secret)
      // crane does not ask the registry at login; the realm is what a login comes down to.
      assert.equal((await login(password)).code, 0)
      const realm = (secret: string) =>
        ask(stack.token, `/token?service=${stack.service}&account=${username}`, {
          headers: { authorization: basic(username, secret) },
        })
      assert.equal((await realm(password)).status, 200)
      assert.equal((await realm('wrong')).status, 401)
    })

    it('crane pushes, lists, pulls, copies inside the namespace and deletes', async () => {
      const reference = `${stack.registry}/team-a/app`
      const pushed = await own.push('one', `${reference}:v1`)
      assert.equal(pushed.code, 0, pushed.output)
      const pulled = await own.pull(`${reference}:v1`)
      assert.equal(pulled.code, 0, pulled.output)
      assert.equal((await own.crane('ls', reference)).stdout.trim(), 'v1')

      // crane mounts the blobs when it copies from one repository to another.
      const copied = await own.crane(
        'copy',
        `${reference}:v1`,
        `${stack.registry}/team-a/x/copy:v1`,
      )
      assert.equal(copied.code, 0, copied.output)
      const digest = (await own.crane('digest', `${reference}:v1`)).stdout.trim()
      assert.match(digest, /^sha256:/)
      const deleted = await own.crane('delete', `${reference}@${digest}`)
      assert.equal(deleted.code, 0, deleted.output)
      assert.notEqual((await own.pull(`${reference}:v1`)).code, 0)
      const kept = await own.pull(`${stack.registry}/team-a/x/copy:v1`)
      assert.equal(kept.code, 0, kept.output)
    })

    it('a blob is mounted between repositories of one namespace', async () => {
      const pushed = await own.push('mounted', `${stack.registry}/team-a/source:v1`)
      assert.equal(pushed.code, 0, pushed.output)
      const manifest = await own.crane('manifest', `${stack.registry}/team-a/source:v1`)
      const { layers } = JSON.parse(manifest.stdout) as { layers: { digest: string }[] }
      const digest = layers[0]?.digest ?? assert.fail(manifest.output)
      const token = await fetchToken(
        stack.token,
        stack.login('team-a'),
        stack.service,
        'repository:team-a/target:pull,push repository:team-a/source:pull',
      )
      const mounted = await ask(
        stack.entry,
        `/v2/team-a/target/blobs/uploads/?mount=${digest}&from=team-a/source`,
        { method: 'POST', headers: { authorization: `Bearer ${token}` } },
      )
      assert.equal(mounted.status, 201, mounted.body)
    })

    it('skopeo pushes and pulls', async () => {
      const skopeo = await skopeoClient(stack.registry, stack.login('team-a'))
      try {
        const pushed = await skopeo.push('skopeo', `${stack.registry}/team-a/skopeo:v1`)
        assert.equal(pushed.code, 0, pushed.output)
        const pulled = await skopeo.pull(`${stack.registry}/team-a/skopeo:v1`)
        assert.equal(pulled.code, 0, pulled.output)
        const foreign = await skopeo.push('skopeo', `${stack.registry}/team-b/skopeo:v1`)
        assert.notEqual(foreign.code, 0, 'pushed to team-b')
      } finally {
        await skopeo.remove()
      }
    })

    it("another namespace's image is out of reach", async () => {
      const secret = `${stack.registry}/team-b/secret:v1`
      const pushed = await other.push('of team-b', secret)
      assert.equal(pushed.code, 0, pushed.output)
      const attempts = {
        pull: await own.pull(secret),
        list: await own.crane('ls', `${stack.registry}/team-b/secret`),
        push: await own.push('evil', secret),
        delete: await own.crane('delete', secret),
        'copy out': await own.crane('copy', secret, `${stack.registry}/team-a/stolen:v1`),
        'copy in': await own.crane('copy', `${stack.registry}/team-a/x/copy:v1`, secret),
      }
      for (const [what, { code, output }] of Object.entries(attempts)) {
        assert.notEqual(code, 0, `${what}: ${output}`)
      }
      const still = await other.pull(secret)
      assert.equal(still.code, 0, still.output)
    })

    it('without credentials there is nothing', async () => {
      const anonymous = await craneClient(stack.registry)
      try {
        assert.notEqual((await anonymous.pull(`${stack.registry}/team-b/secret:v1`)).code, 0)
      } finally {
        await anonymous.remove()
      }
      const challenge = await ask(stack.entry, '/v2/')
      assert.equal(challenge.status, 401)
      assert.equal(
        challenge.headers['www-authenticate'],
        `Bearer realm="${stack.realm}",service="${stack.service}"`,
      )
    })
  })
}
