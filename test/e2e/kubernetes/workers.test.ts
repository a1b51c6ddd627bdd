import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { ask, basic, fetchToken } from '../../support/http.ts'
import { loginAs } from '../../support/kubernetes/account-logins.ts'
import {
  createAccount,
  deleteAccount,
  requestToken,
} from '../../support/kubernetes/account-tokens.ts'
import { createApi } from '../../support/kubernetes/api.ts'
import { startControlPlane, type ControlPlane } from '../../support/kubernetes/control-plane.ts'
import { kubeconfig } from '../../support/kubernetes/kubeconfig.ts'
import { makeAll, rightsOf, untilStatus } from '../../support/kubernetes/rights.ts'
import { secretsOf, type Secrets } from '../../support/kubernetes/secrets.ts'
import { childrenOf } from '../../support/process-figures.ts'
import { SERVICE, startServing, type Serving } from '../../support/serving.ts'
import { until } from '../../support/until.ts'

/** Longer than a busy machine needs for anything here, milliseconds. */
const PATIENCE = 60_000

const AUDIENCE = 'registry.example'
const BUILDER = { namespace: 'team-a', name: 'builder' }
const LOGIN = { username: 'team-a', password: 'correct-horse-battery' }
const SCOPE = 'repository:team-a/app:pull'
const CHOSEN = '/api/v1/secrets?fieldSelector=metadata.name%3Dregistry-credentials'
const REVIEWS = '/apis/authentication.k8s.io/v1/tokenreviews'

/** Each question on a connection of its own: they are given to the workers in turn. */
const MANY = Array.from({ length: 8 })

describe('several workers with a real API server', () => {
  let cluster: ControlPlane | undefined
  let secrets: Secrets
  let home: string
  let rauth: Serving | undefined
  let accountToken: string
  /** Watches of the API server itself. */
  let own: number

  const there = () => cluster ?? assert.fail('no cluster')
  const serving = () => rauth ?? assert.fail('no rauth')

  before(async () => {
    home = await mkdtemp(path.join(os.tmpdir(), 'rauth-workers-'))
    cluster = await startControlPlane()
    const { api } = cluster
    secrets = secretsOf(api)
    await secrets.namespace('rauth')
    await createAccount(api, BUILDER)
    await secrets.create('team-a', LOGIN)
    await makeAll(api, 'rbac-serviceaccounts.yaml')
    const identity = await rightsOf(api, 'rbac.yaml')
    const asRauth = createApi(cluster, identity)
    await untilStatus(asRauth, CHOSEN, 200)
    await until('it may ask for reviews', PATIENCE, async () => {
      return (await asRauth.send('POST', REVIEWS, { spec: { token: 'x' } })).status === 201
    })
    asRauth.close()
    accountToken = await requestToken(api, BUILDER, [AUDIENCE])
    own = await watches()
    await writeFile(path.join(home, 'kubeconfig'), kubeconfig(cluster, identity), { mode: 0o600 })
    rauth = await startServing({
      logins: [],
      config: {
        ...{ workers: 2, guessing: { failures: 0, perNetwork: 0 } },
        identity: [
          { serviceAccounts: { audience: AUDIENCE, verify: 'review', remember: '1s' } },
          { secrets: {} },
        ],
      },
      credentials: {
        source: 'kubernetes',
        kubernetes: { kubeconfig: path.join(home, 'kubeconfig') },
      },
    })
  })
  after(async () => {
    await rauth?.stop()
    await cluster?.stop()
    await rm(home, { recursive: true, force: true })
  })

  /** Watches of Secrets that are under way, by the API server's own count. */
  async function watches(): Promise<number> {
    const { text } = await there().api.expect('GET', '/metrics')
    return String(text)
      .split('\n')
      .filter((line) => /^apiserver_longrunning_requests\{/.test(line))
      .filter((line) => line.includes('resource="secrets"') && line.includes('verb="WATCH"'))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
  }
  async function several<T>(one: () => Promise<T>): Promise<readonly T[]> {
    const found: T[] = []
    for (const [,] of MANY.entries()) found.push(await one())
    return found
  }
  const every = (what: string, isSo: () => Promise<boolean>) =>
    until(what, PATIENCE, async () => (await several(isSo)).every(Boolean))
  const all = (status: number) => MANY.map(() => status)
  const login = async (password: string) => {
    const headers = { authorization: basic(LOGIN.username, password) }
    return (await ask(serving().token, `/token?service=${SERVICE}`, { headers })).status
  }

  const accountLogin = () => loginAs(serving(), [SCOPE], accountToken)

  it('have tokens of ServiceAccounts reviewed', async () => {
    for (const { status, access } of await several(accountLogin)) {
      assert.equal(status, 200)
      assert.deepEqual(access, [{ type: 'repository', name: 'team-a/app', actions: ['pull'] }])
    }
    await deleteAccount(there().api, BUILDER)
  })

  it('know its Secrets by one watch, also once others took their places', async () => {
    await until('there is one', PATIENCE, async () => (await watches()) - own === 1)
    assert.deepEqual(await several(() => login(LOGIN.password)), all(200))
    assert.equal((await watches()) - own, 1)
    const before = childrenOf(serving().child.pid)
    for (const pid of before) process.kill(pid, 'SIGKILL')
    await until('others serve', PATIENCE, async () => {
      const now = childrenOf(serving().child.pid)
      const { body } = await ask(serving().operations, '/readyz?verbose')
      return !now.some((pid) => before.includes(pid)) && body.includes('[+]workers ok')
    })
    assert.deepEqual(await several(() => login(LOGIN.password)), all(200))
    assert.equal((await watches()) - own, 1)
  })

  it('refuse, all of them, what a Secret no longer has', async () => {
    const token = await fetchToken(serving().token, LOGIN, SERVICE, SCOPE)
    const headers = { authorization: `Bearer ${token}` }
    const check = async () =>
      (await ask(serving().gatewayHttp, '/v2/team-a/app/tags/list', { headers })).status
    assert.deepEqual(await several(check), all(200))
    await secrets.replace('team-a', { ...LOGIN, password: 'another-one-entirely' })
    await every('all refuse', async () => (await check()) === 401)
    await every('all let the next in', async () => (await login('another-one-entirely')) === 200)
  })

  it('refuse, all of them, tokens of a ServiceAccount that is gone', async () => {
    // The API server itself remembers them for ten seconds.
    await every('all refuse', async () => (await accountLogin()).status === 401)
  })
})
