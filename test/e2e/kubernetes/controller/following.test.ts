import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { installParts } from '../../../../tools/parts/install.ts'
import {
  CREDENTIALS,
  MANAGED,
  PULL,
  startControlCluster,
  type ControlCluster,
} from '../../../support/control/cluster.ts'
import { startController, type RunningController } from '../../../support/control/running.ts'
import { ask } from '../../../support/http.ts'
import { runOrThrow } from '../../../support/run.ts'
import { promised } from '../../../support/promised.ts'
import { until } from '../../../support/until.ts'

const COLUMNS =
  'custom-columns=T:.type,R:.reason,K:.involvedObject.kind,N:.involvedObject.name,M:.message'

/** Longest from a change to what is done about it, milliseconds. */
const PROMISED = 2_000

describe('rauth controller, while it runs', () => {
  let cluster: ControlCluster
  let controller: RunningController
  const told: string[] = []
  before(async () => {
    cluster = await startControlCluster()
    await cluster.namespace('first')
    controller = await startController(cluster, {
      RAUTH_CONTROLLER_ROTATE_AFTER: '720h',
      RAUTH_CONTROLLER_OVERLAP: '10s',
      RAUTH_CONTROLLER_SERVICE_ACCOUNTS: 'default',
      RAUTH_CONTROLLER_NAMESPACES_EXCEPT: 'kept-out',
    })
  })
  after(async () => {
    await controller.stop()
    await cluster.stop()
  })

  const account = (namespace: string) => `/api/v1/namespaces/${namespace}/serviceaccounts`
  const makeAccount = (namespace: string) =>
    cluster.api.expect('POST', account(namespace), { metadata: { name: 'default' } })
  /** Both Secrets hold one login; gives its password. */
  async function untilInStep(namespace: string, another = ''): Promise<string> {
    let password = ''
    await promised(`${namespace} in step`, PROMISED, async () => {
      password = (await cluster.secret(namespace))?.values['password'] ?? ''
      const login = await cluster.pullLogin(namespace)
      return password !== '' && password !== another && login?.password === password
    })
    return password
  }
  const annotations = async (namespace: string) =>
    (await cluster.secret(namespace))?.annotations ?? {}
  const metric = async (pattern: RegExp) =>
    Number(pattern.exec(await controller.metrics())?.[1] ?? NaN)

  it('does those that are there, and each that comes, when it comes', async () => {
    // It leads a while after it is ready.
    await until('the lead', 30_000, async () => (await cluster.pullLogin('first')) !== undefined)
    await untilInStep('first')
    await cluster.namespace('second')
    await untilInStep('second')
    await cluster.namespace('third', {})
    await cluster.namespace('kept-out')
    await cluster.api.expect('PATCH', '/api/v1/namespaces/third', { metadata: { labels: MANAGED } })
    await untilInStep('third')
    assert.equal(await cluster.secret('kept-out'), undefined)
  })

  it('links the account as soon as there is one', async () => {
    await until('that it is missed', 20_000, async () =>
      /ServiceAccountMissing/.test((await annotations('first'))['rauth.dev/conditions'] ?? ''),
    )
    await makeAccount('first')
    await promised('the link', PROMISED, async () => {
      const { imagePullSecrets } = await cluster.api.expect('GET', `${account('first')}/default`)
      return JSON.stringify(imagePullSecrets) === JSON.stringify([{ name: PULL }])
    })
    await promised('the condition', PROMISED, async () =>
      /"Ready","status":"True"/.test((await annotations('first'))['rauth.dev/conditions'] ?? ''),
    )
    await cluster.api.expect('PATCH', `${account('first')}/default`, { imagePullSecrets: null })
    await promised('the link again', PROMISED, async () => {
      const { imagePullSecrets } = await cluster.api.expect('GET', `${account('first')}/default`)
      return Array.isArray(imagePullSecrets)
    })
  })

  it('repairs at once what is deleted or changed', async () => {
    const before = await untilInStep('first')
    await cluster.remove('first', PULL)
    assert.equal(await untilInStep('first'), before)
    await cluster.patch('first', PULL, { data: { '.dockerconfigjson': 'e30=' } })
    assert.equal(await untilInStep('first'), before)
    await cluster.remove('first', CREDENTIALS)
    await untilInStep('first', before)
  })

  it('rotates by age, keeps the old password for the overlap, and takes it away after that', async () => {
    const before = await untilInStep('first')
    await cluster.patch('first', CREDENTIALS, {
      metadata: { annotations: { 'rauth.dev/rotated-at': '2026-01-01T00:00:00Z' } },
    })
    await untilInStep('first', before)
    let end = NaN
    await promised('the overlap', PROMISED, async () => {
      const { values } = (await cluster.secret('first')) ?? assert.fail()
      end = Date.parse(values['previousPasswordNotAfter'] ?? '')
      return values['previousPassword'] === before && end - Date.now() < 11_000
    })
    assert.ok(
      await metric(/^rauth_controller_writes_total\{object="credentials",why="aged"\} (1)$/m),
    )
    await until('the end of the overlap', 60_000, async () => {
      const { values } = (await cluster.secret('first')) ?? assert.fail()
      return values['previousPassword'] === undefined
    })
    assert.ok(Date.now() >= end, `${end - Date.now()} ms too early`)
  })

  it('has one Event of a rotation that waits for the end of another, however often it looks', async () => {
    const ask = () =>
      cluster.patch('second', CREDENTIALS, {
        metadata: { annotations: { 'rauth.dev/rotate': 'true' } },
      })
    const conditions = async () => (await annotations('second'))['rauth.dev/conditions'] ?? ''
    await ask()
    await until('it waits', 60_000, async () => {
      if (/waits until then/.test(await conditions())) return true
      // The one before is done; on a machine that is late its overlap may be over, and this one is done as well.
      if ((await annotations('second'))['rauth.dev/rotate'] === undefined) await ask()
      return false
    })
    const writes = /^rauth_controller_writes_total\{object="pull",why="changed"\} (\d+)$/m
    const written = await metric(writes)
    await cluster.patch('second', PULL, { data: { '.dockerconfigjson': 'e30=' } })
    await until('it looked again', 20_000, async () => (await metric(writes)) > written)
    const waits = async () => {
      const path = '/apis/events.k8s.io/v1/namespaces/second/events'
      const { items } = await cluster.api.expect('GET', path)
      return (items as { reason: string; series?: object }[]).filter(
        ({ reason }) => reason === 'RotationWaits',
      )
    }
    await until('the Event', 20_000, async () => (await waits()).length > 0)
    assert.deepEqual(
      (await waits()).map(({ series }) => series),
      [undefined],
    )
    const count =
      /^rauth_controller_writes_total\{object="credentials",why="rotation_waits"\} (\d+)$/m
    assert.equal(await metric(count), 1)
  })

  it('keeps what it made in a namespace that is no longer chosen, and touches it no more', async () => {
    const chosen = async () =>
      [...(await controller.metrics()).matchAll(/^rauth_controller_namespaces\{.*\} (\d+)$/gm)]
        .map(([, count]) => Number(count))
        .reduce((sum, count) => sum + count, 0)
    await until('three of them', 20_000, async () => (await chosen()) === 3)
    await cluster.api.expect('PATCH', '/api/v1/namespaces/third', {
      metadata: { labels: { 'rauth.dev/managed': null } },
    })
    // Namespaces and Secrets are followed each by itself: what is said of one may be heard before the other.
    await until('that it knows', 20_000, async () => (await chosen()) === 2)
    const before = await cluster.secret('third')
    await cluster.remove('third', PULL)
    await cluster.namespace('fourth')
    await untilInStep('fourth')
    assert.deepEqual(await cluster.secret('third'), before)
    assert.equal(await cluster.pull('third'), undefined)
  })

  it('goes on after the API server was away', async () => {
    await cluster.plane.apiServer.kill()
    await cluster.plane.start('kube-apiserver')
    await cluster.namespace('fifth')
    await until('the fifth', 45_000, async () => (await cluster.pullLogin('fifth')) !== undefined)
  })

  it('tells in metrics and at its port how it is', async () => {
    await until('that it is ready', 45_000, async () => {
      return (await ask(controller.operations, '/readyz')).status === 200
    })
    // All of them, since the API server was away.
    const waiting = () => metric(/^rauth_controller_queue\{state="waiting"\} (\d+)$/m)
    await until('that nothing waits', 20_000, async () => (await waiting()) === 0)
    assert.equal((await ask(controller.operations, '/livez')).status, 200)
    const text = await controller.metrics()
    assert.match(text, /^rauth_controller_leader 1$/m)
    assert.match(text, /^rauth_controller_namespaces\{state="in_step"\} \d$/m)
    assert.match(text, /^rauth_controller_reconciles_total\{outcome="wrote"\} \d+$/m)
    assert.ok((await metric(/^rauth_controller_oldest_password_age_seconds (\S+)$/m)) < 600)
    assert.ok((await metric(/^rauth_controller_sync_age_seconds (\S+)$/m)) < 100)
  })

  it('tells by Events what it did, and why it can’t do what it should', async () => {
    await cluster.namespace('theirs', {})
    const stringData = { username: 'x', password: 'canary-of-somebody' }
    await cluster.createSecret('theirs', CREDENTIALS, { stringData })
    await cluster.api.expect('PATCH', '/api/v1/namespaces/theirs', {
      metadata: { labels: MANAGED },
    })
    const { kubectl } = await installParts(['kubectl'])
    const events = async (namespace: string) => {
      const args = ['get', 'events', '-n', namespace, '-o', COLUMNS, '--no-headers']
      const { stdout } = await runOrThrow(kubectl, args, {
        env: { HOME: cluster.home, KUBECONFIG: cluster.files.administrator },
      })
      return stdout
    }
    await until('an Event', 20_000, async () => /CredentialsNotOwned/.test(await events('theirs')))
    assert.match(
      await events('theirs'),
      /^Warning +CredentialsNotOwned +Secret +registry-credentials +/m,
    )
    const { stdout: described } = await runOrThrow(
      kubectl,
      ['describe', 'serviceaccount', 'default', '-n', 'first'],
      { env: { HOME: cluster.home, KUBECONFIG: cluster.files.administrator } },
    )
    assert.match(described, /Normal +Created .* default was not there/)
    const lines = [
      /^Normal +Created +Secret +registry-credentials +registry-credentials was not there/m,
      /^Normal +Created +Secret +registry-pull-secret /m,
      /^Normal +Created +ServiceAccount +default /m,
      /^Normal +Rotated +Secret +registry-credentials +registry-credentials gets the next password: it was time/m,
      /^Normal +OverlapEnded +Secret /m,
    ]
    let own = ''
    await until('all Events', 20_000, async () => {
      own = await events('first')
      return lines.every((line) => line.test(own))
    }).catch(() => {
      for (const line of lines) assert.match(own, line)
    })
    told.push(own, await events('theirs'))
  })

  it('tells no password: not in its log, its metrics, its Events, nor in marks', async () => {
    const passwords: string[] = []
    const marks: unknown[] = []
    for (const name of ['first', 'second', 'third', 'fourth', 'fifth']) {
      for (const secret of [await cluster.secret(name), await cluster.pull(name)]) {
        marks.push(secret?.annotations, secret?.labels)
        passwords.push(...Object.values(secret?.values ?? {}).filter((text) => text.length === 32))
      }
    }
    assert.ok(passwords.length >= 5)
    const all = [
      await controller.log(),
      await controller.metrics(),
      JSON.stringify(marks),
      ...told,
    ].join()
    for (const password of passwords) {
      assert.ok(!all.includes(password))
      assert.ok(!all.includes(Buffer.from(password).toString('base64')))
    }
  })

  it('ends at once when told', async () => {
    assert.ok(await controller.child.stop(30_000), 'by SIGTERM alone')
    assert.match(await controller.log(), /"msg":"stopped"/)
  })
})
