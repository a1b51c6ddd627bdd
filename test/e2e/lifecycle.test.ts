import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { loadKeySet } from '../../src/adapters/file/keys/key-files.ts'
import { createIssuer } from '../../src/token/issuer.ts'
import { ask, basic, fetchToken } from '../support/http.ts'
import { startStack, type Stack } from '../support/stack.ts'
import { promised } from '../support/promised.ts'
import { until } from '../support/until.ts'

describe('while it runs', () => {
  let stack: Stack
  before(async () => {
    stack = await startStack({
      ...{ registry: '3', registryAuth: false, envoy: true },
      // It asks again and again until a Secret is there again.
      environment: { RAUTH_GUESSING_FAILURES: '0', RAUTH_GUESSING_PER_NETWORK: '0' },
    })
  })
  after(() => stack.stop())

  const tokenFor = (scope: string, login = stack.login('team-a')) =>
    fetchToken(stack.entry, login, stack.service, scope)
  const tags = async (token: string) =>
    ask(stack.entry, '/v2/team-a/app/tags/list', { headers: { authorization: `Bearer ${token}` } })

  it('an expired token is refused with a challenge for a new one', async () => {
    const keys = await loadKeySet(stack.keysDirectory, new Date())
    const valid = await tokenFor('repository:team-a/app:pull')
    const payload = JSON.parse(
      Buffer.from(valid.split('.')[1] ?? '', 'base64url').toString(),
    ) as Record<string, unknown> & { rauth: { ns: string[]; cred: [string, string][] } }
    const now = Math.floor(Date.now() / 1000)
    const claims = (age: number) => ({
      issuer: 'rauth',
      subject: 'team-a',
      audience: stack.service,
      issuedAt: now - age,
      notBefore: now - age,
      expiresAt: now - age + 300,
      id: 'made-here',
      access: [{ type: 'repository', name: 'team-a/app', actions: ['pull'] }],
      namespaces: payload.rauth.ns,
      credentials: payload.rauth.cred.map(([id, generation]) => ({ id, generation })),
    })
    const issuer = createIssuer({ keys, x5c: true })
    const fresh = await issuer.sign(claims(10))
    assert.equal((await tags(fresh.token)).status, 404, 'the registry answers: no such tags yet')
    const expired = await issuer.sign(claims(400))
    const answer = await tags(expired.token)
    assert.equal(answer.status, 401)
    assert.match(
      answer.headers['www-authenticate'] ?? '',
      /scope="repository:team-a\/app:pull",error="invalid_token"$/,
    )
  })

  it('a token without the scope gets a 401 that names it', async () => {
    const answer = await tags(await tokenFor('repository:team-a/other:pull'))
    assert.equal(answer.status, 401)
    assert.match(
      answer.headers['www-authenticate'] ?? '',
      /scope="repository:team-a\/app:pull",error="insufficient_scope"$/,
    )
    assert.match(answer.body, /"reason":"scope_insufficient","decision":"[0-9a-f-]{36}"/)
  })

  it('a changed password works at once and ends the old one and its tokens', async () => {
    const old = stack.login('team-a')
    const token = await tokenFor('repository:team-a/app:pull', old)
    assert.equal((await tags(token)).status, 404)
    const elsewhere = await tokenFor('repository:team-b/app:pull', stack.login('team-b'))

    await stack.setPassword('team-a', 'a-new-password-for-team-a')
    await promised('the old token ends', 1000, async () => (await tags(token)).status === 401)
    assert.match((await tags(token)).body, /credential_revoked/)
    const login = (password: string) =>
      ask(stack.entry, `/token?service=${stack.service}`, {
        headers: { authorization: basic('team-a', password) },
      })
    assert.equal((await login(old.password)).status, 401)
    assert.equal((await login('a-new-password-for-team-a')).status, 200)
    const other = await ask(stack.entry, '/v2/team-b/app/tags/list', {
      headers: { authorization: `Bearer ${elsewhere}` },
    })
    assert.equal(other.status, 404, 'team-b goes on')
  })

  it('an unreadable manifest disables its namespace and no other, and is named in the log', async () => {
    const token = await tokenFor('repository:team-a/app:pull')
    const own = stack.login('team-b')
    await stack.writeSecret('team-b', 'kind: Secret\napiVersion: v1\nmetadata: {namespace: team-b')
    await until('team-b is disabled', 20_000, async () => {
      const answer = await ask(stack.entry, `/token?service=${stack.service}`, {
        headers: { authorization: basic(own.username, own.password) },
      })
      return answer.status === 401
    })
    assert.equal((await tags(token)).status, 404, 'team-a goes on')
    assert.match(await stack.rauthLog(), /team-b\.yaml/)
    assert.doesNotMatch(await stack.rauthLog(), new RegExp(own.password))
    await stack.setPassword('team-b', own.password)
    await until('team-b is back', 20_000, async () => {
      const answer = await ask(stack.entry, `/token?service=${stack.service}`, {
        headers: { authorization: basic(own.username, own.password) },
      })
      return answer.status === 200
    })
  })

  it('a stopped rauth is a 503 and never a pass; started again it goes on', async () => {
    const token = await tokenFor('repository:team-a/app:pull')
    assert.equal((await tags(token)).status, 404)
    await stack.killRauth()
    for (let i = 0; i < 5; i += 1) {
      assert.equal((await tags(token)).status, 503)
      assert.equal((await ask(stack.entry, '/v2/')).status, 503)
    }
    assert.equal((await ask(stack.entry, `/token?service=${stack.service}`)).status, 503)
    await stack.startRauth()
    await until('rauth is back', 20_000, async () => (await tags(token)).status === 404)
  })

  it('gives garbage an answer in the right shape', async () => {
    const PATHS: readonly (readonly [number, string])[] = [
      [404, '/token/'],
      [404, '/TOKEN'],
      [400, '/token'],
      [400, '/token?service=other'],
      [400, `/token?service=${stack.service}&scope=x`],
      [400, `/token?service=${stack.service}&service=${stack.service}`],
    ]
    for (const [status, path] of PATHS) {
      const answer = await ask(stack.token, path)
      assert.equal(answer.status, status, `${path}: ${answer.body}`)
      const parsed = JSON.parse(answer.body) as { errors: { code: string; message: string }[] }
      assert.ok(parsed.errors[0]?.code)
      assert.doesNotMatch(answer.body, /\bat .*\.js|node:/)
    }
  })
})
