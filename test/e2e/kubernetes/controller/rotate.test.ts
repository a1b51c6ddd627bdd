import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import {
  CREDENTIALS,
  PROGRAM,
  PULL,
  startControlCluster,
  type ControlCluster,
} from '../../../support/control/cluster.ts'
import { startController, type RunningController } from '../../../support/control/running.ts'
import { kubeconfig } from '../../../support/kubernetes/kubeconfig.ts'
import { serviceAccount } from '../../../support/kubernetes/service-account.ts'
import { run } from '../../../support/run.ts'
import { until } from '../../../support/until.ts'

describe('rauth rotate', () => {
  let cluster: ControlCluster
  let controller: RunningController | undefined
  before(async () => {
    cluster = await startControlCluster()
    for (const name of ['team-a', 'team-b']) await cluster.namespace(name)
    const { code, output } = await cluster.rauth(['controller', '--once'])
    assert.equal(code, 0, output)
  })
  after(async () => {
    await controller?.stop()
    await cluster.stop()
  })

  const rotate = async (args: readonly string[], code = 0) => {
    const result = await cluster.rauth(['rotate', ...args], { RAUTH_CONTROLLER_OVERLAP: '1h' })
    assert.equal(result.code, code, result.output)
    return result
  }
  /** Of the Events of those who rotated so. */
  const reasons = async (namespace: string) => {
    const at = `/apis/events.k8s.io/v1/namespaces/${namespace}/events`
    const { items } = (await cluster.api.expect('GET', at)) as unknown as {
      items: readonly { reason: string; reportingController: string }[]
    }
    return items
      .filter((one) => one.reportingController === 'rauth.dev/rotate')
      .map(({ reason }) => reason)
      .sort()
  }
  const values = async (namespace: string) => (await cluster.secret(namespace))?.values ?? {}

  it('gives both Secrets the next password, and an end to the one before', async () => {
    const before = (await values('team-a'))['password'] ?? assert.fail()
    const { stdout, output } = await rotate(['team-a'])
    assert.match(
      stdout,
      /^team-a: both Secrets have the next password; the one before works until 20/,
    )
    const after = await values('team-a')
    assert.notEqual(after['password'], before)
    assert.equal(after['previousPassword'], before)
    assert.equal((await cluster.pullLogin('team-a'))?.password, after['password'])
    assert.deepEqual(await reasons('team-a'), ['OverlapBegan', 'Rotated', 'Updated'])
    for (const password of [before, after['password'] ?? assert.fail()]) {
      assert.ok(!output.includes(password))
    }
  })

  it('waits until every rauth had time to read the next password', async () => {
    const environment = { RAUTH_CONTROLLER_PUBLISH_AHEAD: '2s' }
    const begin = performance.now()
    const { code, output } = await cluster.rauth(['rotate', 'team-b'], environment)
    assert.equal(code, 0, output)
    assert.match(output, /every rauth reads the next password; pods get it in [1-4] s/)
    assert.ok(performance.now() - begin > 1_000)
    assert.equal(
      (await cluster.pullLogin('team-b'))?.password,
      (await values('team-b'))['password'],
    )
  })

  it('ends no overlap for another, and says until when', async () => {
    const before = await cluster.secret('team-a')
    const { stderr } = await rotate(['team-a'], 1)
    assert.match(stderr, /still works until 20.*; next: wait, or rauth rotate --now/)
    assert.deepEqual(await cluster.secret('team-a'), before)
  })

  it('--now lets no other password work', async () => {
    const before = (await values('team-a'))['password']
    const { stdout } = await rotate(['team-a', '--now'])
    assert.match(stdout, /the one before works no longer/)
    assert.ok((await reasons('team-a')).includes('RotatedNow'))
    const after = await values('team-a')
    assert.deepEqual(Object.keys(after).sort(), ['password', 'username'])
    assert.notEqual(after['password'], before)
    assert.equal((await cluster.pullLogin('team-a'))?.password, after['password'])
  })

  const REFUSED: readonly (readonly [what: string, namespace: string, told: RegExp])[] = [
    [
      'what is not there',
      'nobody',
      /nobody is not rotated: there is no Secret registry-credentials/,
    ],
    ['what is not rauth’s', 'theirs', /theirs is not rotated: registry-credentials is not rauth's/],
    [
      'where the pull Secret is not rauth’s',
      'half',
      /half is not rotated: registry-pull-secret is not rauth's/,
    ],
  ]
  it('refuses what it can’t do, and writes nothing', async () => {
    for (const name of ['theirs', 'half']) await cluster.namespace(name, {})
    const stringData = { username: 'x', password: 'canary-of-somebody' }
    await cluster.createSecret('theirs', CREDENTIALS, { stringData })
    await cluster.createSecret('half', CREDENTIALS, {
      ...{
        stringData,
        metadata: { name: CREDENTIALS, labels: { 'app.kubernetes.io/managed-by': 'rauth' } },
      },
    })
    await cluster.createSecret('half', PULL, { stringData: { a: 'b' } })
    for (const [what, namespace, told] of REFUSED) {
      const before = await cluster.secret(namespace)
      const { output } = await rotate([namespace], 1)
      assert.match(output, told, what)
      assert.deepEqual(await cluster.secret(namespace), before, what)
      assert.doesNotMatch(output, /canary/)
    }
  })

  it('--now ends a stolen password also where the pull Secret can’t follow, and says so', async () => {
    const { stdout, stderr } = await rotate(['half', '--now'], 1)
    assert.match(
      stdout,
      /^half: the credentials have the next password; the one before works no longer/,
    )
    assert.match(stderr, /the pull Secret has not followed: registry-pull-secret is not rauth's/)
    assert.notEqual((await values('half'))['password'], 'canary-of-somebody')
  })

  it('needs no right to write Events', async () => {
    const limited = await serviceAccount(cluster.api, {
      ...{ namespace: 'team-a', name: 'rotates' },
      rules: [
        {
          ...{ apiGroups: [''], resources: ['secrets'], verbs: ['get', 'patch'] },
          resourceNames: [CREDENTIALS, PULL],
        },
      ],
    })
    const file = path.join(cluster.home, 'rotates')
    await writeFile(file, kubeconfig(cluster.plane, limited), { mode: 0o600 })
    const before = await values('team-a')
    const { code, output } = await cluster.rauth(['rotate', 'team-a', '--now'], {
      RAUTH_CREDENTIALS_KUBERNETES_KUBECONFIG: file,
    })
    assert.equal(code, 0, output)
    assert.match(output, /Events cannot be written at the moment/)
    assert.notEqual((await values('team-a'))['password'], before['password'])
  })

  it('makes no pull Secret for registries that nobody said', async () => {
    await cluster.remove('team-a', PULL)
    const before = await cluster.secret('team-a')
    const bare = { RAUTH_CREDENTIALS_KUBERNETES_KUBECONFIG: cluster.files.controller }
    const { code, output } = await run(process.execPath, [PROGRAM, 'rotate', 'team-a'], {
      ...{ cwd: path.parse(cluster.home).root, env: { HOME: cluster.home, ...bare } },
    })
    assert.equal(code, 1, output)
    assert.match(output, /team-a is not rotated: no pull Secret says for which registries/)
    assert.deepEqual(await cluster.secret('team-a'), before)
    assert.equal(await cluster.pull('team-a'), undefined)
  })

  it('gets along with a controller that runs, and with others who rotate', async () => {
    controller = await startController(cluster, {
      ...{ RAUTH_CONTROLLER_OVERLAP: '1h', RAUTH_CONTROLLER_PUBLISH_AHEAD: '2s' },
    })
    await until('the leader', 30_000, async () =>
      /rauth_controller_leader 1/.test((await controller?.metrics()) ?? ''),
    )
    const before = (await values('team-b'))['password']
    const all = await Promise.all(
      Array.from({ length: 4 }, () => cluster.rauth(['rotate', 'team-b', '--now'])),
    )
    assert.deepEqual(
      all.map(({ code }) => code),
      [0, 0, 0, 0],
      all.map(({ output }) => output).join(),
    )
    const after = await values('team-b')
    assert.notEqual(after['password'], before)
    assert.equal((await cluster.pullLogin('team-b'))?.password, after['password'])
    assert.equal(after['previousPassword'], undefined)
    assert.equal((await cluster.secret('team-b'))?.annotations['rauth.dev/rotate'], undefined)
  })

  it('leaves the overlap to a controller that runs', async () => {
    // It goes on by itself where no controller has in that time and a little more: one may be late on a busy machine.
    const environment = {
      ...{ RAUTH_CONTROLLER_OVERLAP: '10s', RAUTH_CONTROLLER_PUBLISH_AHEAD: '8s' },
    }
    const { code, output } = await cluster.rauth(['rotate', 'team-b'], environment)
    assert.equal(code, 0, output)
    const end = Date.parse((await values('team-b'))['previousPasswordNotAfter'] ?? '')
    const left = end - Date.now()
    assert.ok(left > 3_000_000 && left <= 3_600_000, `${left} ms`)
  })
})
