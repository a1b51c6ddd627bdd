import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { craneClient, type CraneClient } from '../support/clients.ts'
import { ask, basic, fetchToken } from '../support/http.ts'
import { GITHUB, GITLAB } from '../support/identity-claims.ts'
import { startIdentityProvider, type IdentityProvider } from '../support/oidc-provider.ts'
import { startStack, type Stack } from '../support/stack.ts'

/** Shorter than rauth's own tokens live, seconds. */
const LIFETIME = 120

const POLICY = `
rules:
  - match: { account: 'github:acme/*', labels: { where: production }, name: 'releases/**' }
    actions: [pull, push]
  - match: { labels: { group: 'acme/devs' }, name: 'gitlab/**' }
    actions: [pull, push]
  - match: { namespace: '*', name: '\${namespace}/**' }
    actions: ['*']
`

const expiryOf = (token: string) => {
  const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()
  return (JSON.parse(payload) as { exp: number }).exp
}

describe('a CI job without a stored secret, with crane through Envoy and a real OIDC provider', () => {
  let provider: IdentityProvider
  let folder: string
  let stack: Stack
  const clients: CraneClient[] = []

  before(async () => {
    const claims = [...Object.keys(GITHUB), ...Object.keys(GITLAB)].filter(
      (name) => name !== 'sub' && name !== 'jti',
    )
    provider = await startIdentityProvider(LIFETIME, [...new Set(claims)])
    folder = await mkdtemp(path.join(os.tmpdir(), 'rauth-keyless-'))
    const policy = path.join(folder, 'policy.yaml')
    await writeFile(policy, POLICY)
    const { issuer, audience } = provider
    stack = await startStack({
      ...{ registry: '3', registryAuth: true, envoy: true },
      environment: { RAUTH_POLICY_FILE: policy },
      settings: {
        identity: [
          {
            oidc: {
              ...{ issuer, audience },
              identities: [
                {
                  claims: { repository_owner: 'acme', ref_protected: true },
                  account: 'github:${repository}',
                  namespace: '${repository_owner}',
                  labels: { where: '${environment}' },
                },
                {
                  claims: { namespace_path: 'acme', ref_protected: 'true' },
                  account: 'gitlab:${project_path}',
                  labels: { group: '${groups_direct}' },
                },
              ],
            },
          },
          { secrets: {} },
        ],
      },
    })
  })
  after(async () => {
    for (const client of clients) await client.remove()
    await stack.stop()
    await provider.close()
    await rm(folder, { recursive: true, force: true })
  })

  async function client(claims: Readonly<Record<string, unknown>>): Promise<CraneClient> {
    const password = await provider.idToken(claims)
    const one = await craneClient(stack.registry, { username: 'ci', password })
    clients.push(one)
    return one
  }
  const image = (repository: string) => `${stack.registry}/${repository}:v1`

  it('pushes and pulls what its claims give it, and nothing else', async () => {
    const job = await client(GITHUB)
    for (const repository of ['acme/app', 'releases/app']) {
      const pushed = await job.push(repository, image(repository))
      assert.equal(pushed.code, 0, pushed.output)
      const pulled = await job.pull(image(repository))
      assert.equal(pulled.code, 0, pulled.output)
    }
    assert.notEqual((await job.push('evil', image('team-a/app'))).code, 0)
    assert.notEqual((await job.push('evil', image('gitlab/app'))).code, 0)
  })

  it('has what a list in its claims gives it', async () => {
    const job = await client(GITLAB)
    const pushed = await job.push('one', image('gitlab/app'))
    assert.equal(pushed.code, 0, pushed.output)
    assert.notEqual((await job.push('evil', image('acme/app'))).code, 0)
  })

  it('logs in with crane, and a namespace with its Secret does as before', async () => {
    const job = await client(GITHUB)
    const login = await job.login({ username: 'ci', password: await provider.idToken(GITHUB) })
    assert.equal(login.code, 0, login.output)
    const owner = await craneClient(stack.registry, stack.login('team-a'))
    clients.push(owner)
    const pushed = await owner.push('own', image('team-a/app'))
    assert.equal(pushed.code, 0, pushed.output)
  })

  it('is nobody from another owner or an unprotected branch', async () => {
    for (const claims of [
      { ...GITHUB, repository_owner: 'evil', repository: 'evil/app' },
      { ...GITHUB, ref_protected: 'false' },
    ]) {
      const refusedJob = await client(claims)
      const pushed = await refusedJob.push('evil', image('acme/app'))
      assert.notEqual(pushed.code, 0)
      assert.match(pushed.output, /UNAUTHORIZED/)
    }
  })

  it('has tokens that end no later than its identity token', async () => {
    const password = await provider.idToken(GITHUB)
    const login = { username: 'ci', password }
    const token = await fetchToken(
      ...([stack.token, login, stack.service] as const),
      'repository:acme/app:pull,push',
    )
    assert.ok(expiryOf(token) <= expiryOf(password))
    const answer = await ask(stack.token, `/token?service=${stack.service}&offline_token=true`, {
      headers: { authorization: basic(login.username, password) },
    })
    const { expires_in: left, refresh_token: refresh } = JSON.parse(answer.body) as {
      expires_in: number
      refresh_token?: string
    }
    assert.ok(left <= LIFETIME)
    assert.equal(refresh, undefined)
  })

  it('leaves nothing of its identity token in a log', async () => {
    const password = await provider.idToken(GITHUB)
    await fetchToken(stack.token, { username: 'ci', password }, stack.service)
    const logs = [await stack.rauthLog(), await stack.envoyLog(), await stack.registryLog()].join()
    assert.match(logs, /github:acme\/app/)
    for (const part of password.split('.').slice(1)) assert.ok(!logs.includes(part))
  })
})
