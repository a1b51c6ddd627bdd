import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { ask, basic, fetchToken, type Answer } from '../http.ts'
import { SERVICE, startServing, type Serving } from '../serving.ts'

/** Names of the scene's namespaces, each its user's too. */
export const TEAMS = ['team-a', 'team-b', 'team-c', 'platform', 'ci', 'shop'] as const

export type Team = (typeof TEAMS)[number]

/** Markup where a client or whoever writes a Secret or a policy chooses the text. */
export const HOSTILE = '<img/src=x/onerror=window.pwned=1><script>window.pwned=1</script>'

const POLICY = `rules:
  - { match: { namespace: '*', type: repository, name: '\${namespace}/**' }, actions: ['*'] }
  - { match: { namespace: platform, name: 'library/**' }, actions: [pull, push] }
  - { match: { name: 'library/**' }, actions: [pull] }
  - { match: { namespace: ci, account: deploy, name: 'shop/**' }, actions: [pull, push] }
  - { match: { name: 'archive/**' }, actions: [], reason: '${HOSTILE} is closed' }
  - { match: { namespace: team-c, name: 'shop/**', ip: 10.20.0.0/16 }, actions: [pull] }
`

/** A rauth with its live view, and what clients do with it. */
export interface Scene extends Serving {
  readonly url: string
  /** The bytes of a request of a team's, as Envoy asks about it. */
  check(team: Team, method: string, path: string): Promise<Answer>
  /** Asks for a token by a password. */
  login(username: string, password: string, scope?: string): Promise<Answer>
  /** Some of everything. */
  play(times: number): Promise<void>
}

const PASSWORD = 'a long random text'

export async function startScene(liveView: Readonly<Record<string, unknown>> = {}): Promise<Scene> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'rauth-scene-'))
  const policy = path.join(folder, 'policy.yaml')
  await writeFile(policy, POLICY)
  const serving = await startServing({
    logins: TEAMS.map((username) => ({ username, password: PASSWORD })),
    config: {
      liveView: { enabled: true, ...liveView },
      policy: { file: policy },
      logLevel: 'info',
      guessing: { failures: 0, perNetwork: 0 },
    },
  })
  const { token: tokenPort, gatewayHttp, operations } = serving
  const tokens = new Map<Team, string>()

  async function tokenOf(team: Team): Promise<string> {
    const scope = 'repository:library/base:pull,push'
    const own = `repository:${team}/app:pull,push,delete`
    const login = { username: team, password: PASSWORD }
    const token = tokens.get(team) ?? (await fetchToken(tokenPort, login, SERVICE, own, scope))
    tokens.set(team, token)
    return token
  }

  async function check(team: Team, method: string, target: string): Promise<Answer> {
    const authorization = `Bearer ${await tokenOf(team)}`
    return ask(gatewayHttp, target, { method, headers: { authorization } })
  }

  function login(username: string, password: string, scope?: string): Promise<Answer> {
    const query = new URLSearchParams({ service: SERVICE, ...(scope && { scope }) })
    const headers = { authorization: basic(username, password) }
    return ask(tokenPort, `/token?${query.toString()}`, { headers })
  }

  async function play(times: number): Promise<void> {
    // A Secret that can't be used: its password is no text.
    await serving.writeSecret('broken', { username: '', password: PASSWORD })
    for (let time = 0; time < times; time += 1) {
      for (const team of TEAMS) await check(team, 'GET', `/v2/${team}/app/manifests/v${time}`)
      await check('team-a', 'PUT', '/v2/team-a/app/manifests/v1')
      await check('team-b', 'GET', '/v2/library/base/manifests/latest')
      await check('team-a', 'GET', '/v2/team-b/app/manifests/v1')
      await check('shop', 'DELETE', '/v2/library/base/manifests/latest')
      await ask(gatewayHttp, '/v2/ci/app/manifests/v1')
      await login('team-b', 'the old password')
      await login('team-c', PASSWORD, 'repository:shop/web:pull')
    }
  }

  return {
    ...serving,
    ...{ url: `http://localhost:${operations}/live/`, check, login, play },
    async stop() {
      await serving.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
