import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { craneClient, type CraneClient } from '../support/clients.ts'
import { skopeoClient } from '../support/containers.ts'
import { ask, basic, type Answer } from '../support/http.ts'
import { startStack, type Stack, type StackOptions } from '../support/stack.ts'
import { until } from '../support/until.ts'

const STACKS: readonly (readonly [name: string, options: StackOptions])[] = [
  ['Envoy, registry 3', { registry: '3', registryAuth: true, envoy: true }],
  ['Envoy alone in charge', { registry: '3', registryAuth: false, envoy: true }],
  ['no Envoy, registry 3', { registry: '3', registryAuth: true, envoy: false }],
  ['no Envoy, registry 2.8', { registry: '2.8', registryAuth: true, envoy: false }],
]

const environment = {
  RAUTH_POLICY_PUBLIC: 'team-b/public/**',
  RAUTH_POLICY_SHARED: 'team-b/shared/**',
  RAUTH_TOKEN_REFRESH_ENABLED: 'true',
}

const json = ({ body }: Answer) => JSON.parse(body) as Record<string, unknown>

for (const [name, options] of STACKS) {
  describe(`pulls without a password: ${name}`, () => {
    let stack: Stack
    let owner: CraneClient
    let other: CraneClient
    let nobody: CraneClient
    const image = (repository: string) => `${stack.registry}/team-b/${repository}:v1`

    before(async () => {
      stack = await startStack({ ...options, environment })
      owner = await craneClient(stack.registry, stack.login('team-b'))
      other = await craneClient(stack.registry, stack.login('team-a'))
      nobody = await craneClient(stack.registry)
      for (const repository of ['public/app', 'shared/app', 'private/app']) {
        const pushed = await owner.push(repository, image(repository))
        assert.equal(pushed.code, 0, pushed.output)
      }
    })
    after(async () => {
      for (const client of [owner, other, nobody]) await client.remove()
      await stack.stop()
    })

    it('nobody pulls what is public, and nothing else', async () => {
      const pulled = await nobody.pull(image('public/app'))
      assert.equal(pulled.code, 0, pulled.output)
      assert.equal((await nobody.crane('ls', `${stack.registry}/team-b/public/app`)).code, 0)
      const attempts = {
        shared: await nobody.pull(image('shared/app')),
        private: await nobody.pull(image('private/app')),
        push: await nobody.push('evil', image('public/app')),
        delete: await nobody.crane('delete', image('public/app')),
        catalog: await nobody.crane('catalog', stack.registry),
      }
      for (const [what, { code, output }] of Object.entries(attempts)) {
        assert.notEqual(code, 0, `${what}: ${output}`)
      }
    })

    it('skopeo pulls what is public', async () => {
      const skopeo = await skopeoClient(stack.registry)
      try {
        const pulled = await skopeo.pull(image('public/app'))
        assert.equal(pulled.code, 0, pulled.output)
        assert.notEqual((await skopeo.pull(image('private/app'))).code, 0)
      } finally {
        await skopeo.remove()
      }
    })

    it('another namespace pulls what is shared or public, and pushes to neither', async () => {
      for (const repository of ['public/app', 'shared/app']) {
        const pulled = await other.pull(image(repository))
        assert.equal(pulled.code, 0, pulled.output)
        assert.notEqual((await other.push('evil', image(repository))).code, 0)
      }
      assert.notEqual((await other.pull(image('private/app'))).code, 0)
      const copied = await other.crane('copy', image('shared/app'), `${stack.registry}/team-a/x:v1`)
      assert.equal(copied.code, 0, copied.output)
    })

    it('still asks everyone for a token', async () => {
      for (const path of ['/v2/', '/v2/team-b/public/app/manifests/v1']) {
        assert.equal((await ask(stack.entry, path)).status, 401)
      }
    })

    describe('with a refresh token', () => {
      let token: string
      before(async () => {
        const { username, password } = stack.login('team-b')
        const query = `service=${stack.service}&offline_token=true&client_id=docker`
        const answer = await ask(stack.token, `/token?${query}`, {
          headers: { authorization: basic(username, password) },
        })
        token = String(json(answer)['refresh_token'])
      })

      const refresh = (scope: string) =>
        ask(stack.token, '/token', {
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: new URLSearchParams({
            ...{ grant_type: 'refresh_token', client_id: 'curl', service: stack.service },
            ...{ refresh_token: token, scope },
          }).toString(),
        })
      const tags = (bearer: unknown) =>
        ask(stack.entry, '/v2/team-b/private/app/tags/list', {
          headers: { authorization: `Bearer ${String(bearer)}` },
        })

      it('the registry takes the token that it gives, and never itself', async () => {
        const answer = json(await refresh('repository:team-b/private/app:pull'))
        assert.equal(answer['refresh_token'], token)
        assert.equal((await tags(answer['access_token'])).status, 200)
        assert.equal((await tags(token)).status, 401)
        const base = { headers: { authorization: `Bearer ${token}` } }
        assert.equal((await ask(stack.entry, '/v2/', base)).status, 401)
      })

      it('crane and skopeo log in with it', async () => {
        const login = { identityToken: token }
        const [crane, skopeo] = [
          await craneClient(stack.registry, login),
          await skopeoClient(stack.registry, login),
        ]
        try {
          for (const client of [crane, skopeo]) {
            const pulled = await client.pull(image('private/app'))
            assert.equal(pulled.code, 0, `${client.name}: ${pulled.output}`)
          }
          const pushed = await crane.push('by refresh token', image('private/app'))
          assert.equal(pushed.code, 0, pushed.output)
        } finally {
          await crane.remove()
          await skopeo.remove()
        }
      })

      it('ends it with the password', async () => {
        assert.equal((await refresh('')).status, 200)
        await stack.setPassword('team-b', 'another-password-for-team-b')
        await until('another answer', 20_000, async () => (await refresh('')).status !== 200)
        assert.equal((await refresh('')).status, 401)
      })
    })
  })
}
