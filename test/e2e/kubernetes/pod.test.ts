import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { replaceFile } from '../../../tools/stack/state.ts'
import { createApi, type Identity } from '../../support/kubernetes/api.ts'
import { startControlPlane, type ControlPlane } from '../../support/kubernetes/control-plane.ts'
import { follow, type Following } from '../../support/kubernetes/following.ts'
import { startLink, type Link } from '../../support/kubernetes/link.ts'
import { rightsOf, tokenOf, untilStatus } from '../../support/kubernetes/rights.ts'
import { secretsOf, type Secrets } from '../../support/kubernetes/secrets.ts'
import { FAULTS, timings } from '../../support/kubernetes/fault-table.ts'
import { login } from '../../support/kubernetes/fault-suite.ts'
import { STEADY } from '../../support/kubernetes/vigil.ts'
import { until } from '../../support/until.ts'

/** Milliseconds until all is right once the API server answers. */
const RECOVERY = FAULTS['the API server hangs and goes on'](timings)

const TOLD = /warn Secrets cannot be followed .*401/

const CHOSEN = '/api/v1/secrets?fieldSelector=metadata.name%3Dregistry-credentials'

describe('by the ServiceAccount of a pod', () => {
  let cluster: ControlPlane
  let secrets: Secrets
  let rauth: Identity
  let link: Link
  let root: string
  const running: Following[] = []
  const file = (name: string) =>
    path.join(root, 'var/run/secrets/kubernetes.io/serviceaccount', name)

  before(async () => {
    cluster = await startControlPlane()
    secrets = secretsOf(cluster.api)
    for (const name of ['rauth', 'moved', ...STEADY]) await secrets.namespace(name)
    for (const name of ['moved', ...STEADY]) await secrets.create(name, login(name))
    rauth = await rightsOf(cluster.api, 'rbac.yaml')
    await untilAnswered(200)
    root = await mkdtemp(path.join(os.tmpdir(), 'rauth-pod-'))
    await mkdir(path.dirname(file('token')), { recursive: true })
    await writeFile(file('ca.crt'), cluster.authority)
  })
  after(async () => {
    await cluster.stop()
    await rm(root, { recursive: true, force: true })
  })
  beforeEach(async () => {
    link = await startLink(cluster)
    await putToken()
  })
  afterEach(async () => {
    for (const one of running.splice(0)) await one.close()
    link.close()
  })

  async function putToken(): Promise<void> {
    assert.ok('token' in rauth)
    await replaceFile(file('token'), rauth.token)
  }
  async function untilAnswered(status: number): Promise<void> {
    const api = createApi(cluster, rauth)
    await untilStatus(api, CHOSEN, status)
    api.close()
  }
  async function start(): Promise<Following> {
    const environment = {
      KUBERNETES_SERVICE_HOST: '127.0.0.1',
      KUBERNETES_SERVICE_PORT: String(link.port),
    }
    const access = { environment, home: root, clock: () => 0, root }
    const following = await follow(link, rauth, { access, timings })
    running.push(following)
    return following
  }
  let changes = 0
  async function right({ untilAccepts, store }: Following): Promise<void> {
    const password = `canary-${(changes += 1)}`
    await secrets.replace('moved', login('moved', password))
    await untilAccepts('moved', password, true, RECOVERY)
    // A list may have told of it before the watch has shown that it works.
    await until('no trouble', 20_000, () => store.problem() === undefined)
  }

  it('takes the next token when its own has ended', async () => {
    const following = await start()
    await following.untilReady()
    const accounts = '/api/v1/namespaces/rauth/serviceaccounts'
    await cluster.api.expect('DELETE', `${accounts}/rauth`)
    await cluster.api.expect('POST', accounts, { metadata: { name: 'rauth' } })
    await untilAnswered(401)
    link.reset()
    await until('a 401', 20_000, () => (following.answers[401] ?? 0) > 0)
    // One failure is told to nobody, a second one is: the token must not be a good one before that.
    await until('that it is told', 20_000, () => TOLD.test(following.lines.join('\n')))
    rauth = await tokenOf(cluster.api)
    await putToken()
    await right(following)
    for (const name of STEADY) assert.ok(following.accepts(name, 'canary'))
    assert.match(following.lines.join('\n'), TOLD)
  })

  it('lets nobody in after too long without a word, and everybody once there is one', async () => {
    const maxStale = 1
    const environment = {
      KUBERNETES_SERVICE_HOST: '127.0.0.1',
      KUBERNETES_SERVICE_PORT: String(link.port),
    }
    const access = { environment, home: root, clock: () => 0, root }
    const following = await follow(link, rauth, { access, timings, maxStale })
    running.push(following)
    const { store, accepts } = following
    await following.untilReady()
    link.cut()
    await until('the end', 20_000, () => !store.ready())
    assert.ok(store.age() > maxStale)
    assert.ok(!accepts('steady-a', 'canary'))
    assert.match(store.problem() ?? '', /and no longer in force$/)
    link.mend()
    await following.untilReady(RECOVERY)
    assert.ok(accepts('steady-a', 'canary'))
    await right(following)
  })
})
