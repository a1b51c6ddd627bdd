import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { craneClient } from '../../support/clients.ts'
import { challengeOf, dance, DANCES, type Ending, type Who } from '../../support/dances.ts'
import { ask, basic } from '../../support/http.ts'
import { startStack, type Stack } from '../../support/stack.ts'

/** Refresh tokens are on in one of them and off, as they are by default, in the other. */
const DEPLOYMENTS = [
  { name: 'Envoy, refresh tokens', envoy: true, refresh: true },
  { name: 'no Envoy, no refresh tokens', envoy: false, refresh: false },
] as const

const UPLOADS = '/v2/team-a/app/blobs/uploads/'
const mountFrom = (repository: string) =>
  `${UPLOADS}?mount=sha256:${'0'.repeat(64)}&from=${repository}`
const PUSH = 'repository:team-a/app:pull,push'
const FOREIGN = 'repository:team-b/secret:pull'
/** As of a push that could mount from either. */
const SCOPES = [PUSH, 'repository:team-a/base:pull', FOREIGN]

for (const { name, envoy, refresh } of DEPLOYMENTS) {
  describe(`dances of clients: ${name}`, () => {
    let stack: Stack
    let refreshToken: string

    before(async () => {
      const environment = {
        RAUTH_POLICY_PUBLIC: 'team-b/public/**',
        RAUTH_TOKEN_REFRESH_ENABLED: String(refresh),
        // All that is wrong here comes from one address.
        RAUTH_GUESSING_FAILURES: '0',
        RAUTH_GUESSING_PER_NETWORK: '0',
      }
      stack = await startStack({ registry: '3', registryAuth: true, envoy, environment })
      const owner = await craneClient(stack.registry, stack.login('team-b'))
      for (const repository of ['secret', 'public/app']) {
        const reference = `${stack.registry}/team-b/${repository}:v1`
        const pushed = await owner.push(repository, reference)
        assert.equal(pushed.code, 0, pushed.output)
      }
      await owner.remove()
      const { username, password } = stack.login('team-a')
      const query = `service=${stack.service}&offline_token=true&client_id=docker`
      const { body } = await ask(stack.token, `/token?${query}`, {
        headers: { authorization: basic(username, password) },
      })
      const given = (JSON.parse(body) as { refresh_token?: string }).refresh_token
      assert.equal(given !== undefined, refresh)
      refreshToken = given ?? 'kept.from.before'
    })
    after(() => stack.stop())

    function whoIs(ending: Ending): Who | undefined {
      const { username, password } = stack.login('team-a')
      switch (ending) {
        case 'password':
          return { username, secret: password }
        case 'wrong password':
          return { username, secret: 'wrong' }
        case 'refresh token':
          return { username: '', secret: refreshToken }
        case 'wrong refresh token':
          return { username: '', secret: 'dckr_pat_x' }
        case 'nobody':
          return undefined
      }
    }

    const asked = (method: string, path: string, token = '') =>
      ask(stack.entry, path, { method, headers: { authorization: `Bearer ${token}` } })

    /** The token opens what is the client's own, and only that. */
    async function opensOwn(token = ''): Promise<void> {
      assert.equal((await asked('GET', '/v2/', token)).status, 200)
      const closed = await asked('GET', '/v2/team-b/secret/tags/list', token)
      assert.ok([401, 403].includes(closed.status), String(closed.status))
    }

    /** A mount that is out of reach: the gateway makes an upload of it, a registry has only a 401. */
    async function pushes(token = ''): Promise<void> {
      assert.equal((await asked('POST', mountFrom('team-a/base'), token)).status, 202)
      const mount = await asked('POST', mountFrom('team-b/secret'), token)
      if (envoy) {
        assert.equal(mount.status, 202, mount.body)
        return
      }
      assert.equal(mount.status, 401)
      const { error, scope = '' } = challengeOf(mount)
      assert.equal(error, 'insufficient_scope')
      // A registry names them in any order.
      assert.deepEqual(scope.replace('push,pull', 'pull,push').split(' ').sort(), [PUSH, FOREIGN])
      assert.equal((await asked('POST', UPLOADS, token)).status, 202)
    }

    for (const dancer of DANCES) {
      describe(dancer.client, () => {
        for (const ending of Object.keys(dancer.ends) as Ending[]) {
          it(`with ${ending}`, async () => {
            const kept = ending === 'refresh token' && !refresh
            const expected = dancer.ends[kept ? 'wrong refresh token' : ending]
            const question = { method: 'POST', path: UPLOADS, scopes: SCOPES, who: whoIs(ending) }
            const { way, answer, token } = await dance(dancer, { port: stack.entry, ...question })
            assert.equal(way, expected, answer.body)
            if (expected.endsWith('200')) {
              await opensOwn(token)
              if (dancer.login !== true) await pushes(token)
            } else {
              const { errors } = JSON.parse(answer.body) as { errors: { code: string }[] }
              assert.equal(errors[0]?.code, 'UNAUTHORIZED')
            }
          })
        }

        if (dancer.login === true) return
        it('with nobody, at what is public', async () => {
          const path = '/v2/team-b/public/app/tags/list'
          const scopes = ['repository:team-b/public/app:pull']
          const question = { method: 'GET', path, scopes, who: undefined }
          const end = await dance(dancer, { port: stack.entry, ...question })
          assert.equal(end.way, 'GET 200', end.answer.body)
          assert.equal((await asked('GET', path, end.token)).status, 200)
          assert.equal((await asked('POST', UPLOADS, end.token)).status, 401)
        })
      })
    }
  })
}
