import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { auditLines } from '../../../support/audit-lines.ts'
import {
  CREDENTIALS,
  PULL,
  startControlCluster,
  type ControlCluster,
} from '../../../support/control/cluster.ts'
import { until } from '../../../support/until.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')

describe('rauth controller --once, with the rights of rbac-controller.yaml', () => {
  let cluster: ControlCluster
  before(async () => {
    cluster = await startControlCluster()
  })
  after(() => cluster.stop())

  const once = async (environment: Readonly<Record<string, string>> = {}, code = 0) => {
    const result = await cluster.rauth(['controller', '--once'], environment)
    assert.equal(result.code, code, result.output)
    auditLines(result.stdout)
    return result
  }
  const passwordOf = async (namespace: string) =>
    (await cluster.secret(namespace))?.values['password'] ?? assert.fail('no password')

  it('says what it would do, and writes nothing', async () => {
    await cluster.namespace('dry')
    const { stdout } = await cluster.rauth(['controller', '--once', '--dry-run'])
    assert.match(stdout, /"object":"Secret\/registry-credentials","cause":"missing"/)
    assert.match(
      stdout,
      /"action":"create","object":"Secret\/registry-pull-secret".*would be written/,
    )
    assert.match(stdout, /"inStep":0,"wouldWrite":1,.*dry run: nothing was written/)
    assert.equal(await cluster.secret('dry'), undefined)
    assert.equal(await cluster.pull('dry'), undefined)
  })

  it('makes both Secrets in a chosen namespace and in no other', async () => {
    await cluster.namespace('team-a')
    await cluster.namespace('other', {})
    const { output } = await once()
    const credentials = (await cluster.secret('team-a')) ?? assert.fail()
    assert.equal(credentials.type, 'Opaque')
    assert.equal(credentials.values['username'], 'team-a')
    assert.match(credentials.values['password'] ?? '', /^[\w-]{32}$/)
    assert.equal(credentials.labels['app.kubernetes.io/managed-by'], 'rauth')
    assert.equal((await cluster.pull('team-a'))?.type, 'kubernetes.io/dockerconfigjson')
    assert.deepEqual(await cluster.pullLogin('team-a'), credentials.values)
    assert.equal(await cluster.secret('other'), undefined)
    assert.ok(!output.includes(await passwordOf('team-a')), 'the password is in the log')
  })

  it('has nothing to do the second time', async () => {
    const before = [await cluster.secret('team-a'), await cluster.pull('team-a')]
    const { stdout } = await once()
    assert.doesNotMatch(stdout, /"half":"controller"/)
    assert.deepEqual([await cluster.secret('team-a'), await cluster.pull('team-a')], before)
  })

  it('repairs what was deleted, changed and stripped', async () => {
    const before = await passwordOf('team-a')
    await cluster.remove('team-a', PULL)
    await once()
    assert.equal((await cluster.pullLogin('team-a'))?.password, before)

    const broken = base64('{"auths":{"registry.example":{"auth":"eDp5"}}}')
    await cluster.patch('team-a', PULL, { data: { '.dockerconfigjson': broken } })
    await cluster.patch('team-a', CREDENTIALS, {
      metadata: { labels: null, annotations: { 'rauth.dev/rotated-at': null } },
      data: { username: null },
    })
    await once()
    assert.deepEqual(await cluster.pullLogin('team-a'), { username: 'team-a', password: before })
    const repaired = await cluster.secret('team-a')
    assert.equal(repaired?.values['username'], 'team-a')
    assert.equal(repaired.labels['app.kubernetes.io/managed-by'], 'rauth')

    await cluster.remove('team-a', CREDENTIALS)
    await once()
    assert.notEqual(await passwordOf('team-a'), before)
    assert.equal((await cluster.pullLogin('team-a'))?.password, await passwordOf('team-a'))
  })

  it('rotates when asked by an annotation, and keeps the old password for the overlap', async () => {
    const old = await passwordOf('team-a')
    await cluster.patch('team-a', CREDENTIALS, {
      metadata: { annotations: { 'rauth.dev/rotate': 'true' } },
    })
    await once()
    const { values, annotations } = (await cluster.secret('team-a')) ?? assert.fail()
    assert.notEqual(values['password'], old)
    assert.equal(values['previousPassword'], old)
    const end = Date.parse(values['previousPasswordNotAfter'] ?? '') - Date.now()
    assert.ok(end > 86_300_000 && end <= 86_400_000, 'the overlap is 24 h')
    assert.equal(annotations['rauth.dev/rotate'], undefined)
    assert.match(annotations['rauth.dev/conditions'] ?? '', /"OldPasswordValid","status":"True"/)
    assert.equal((await cluster.pullLogin('team-a'))?.password, values['password'])
    await cluster.patch('team-a', CREDENTIALS, {
      metadata: { annotations: { 'rauth.dev/rotate': 'now' } },
    })
    await once()
    const after = (await cluster.secret('team-a')) ?? assert.fail()
    assert.deepEqual(Object.keys(after.values).sort(), ['password', 'username'])
    assert.equal((await cluster.pullLogin('team-a'))?.password, after.values['password'])
  })

  it('leaves Secrets of others alone until it is told to adopt them; their password stays', async () => {
    await cluster.namespace('theirs')
    const login = { username: 'somebody', password: 'canary-of-somebody' }
    await cluster.createSecret('theirs', CREDENTIALS, { stringData: login })
    await cluster.createSecret('theirs', PULL, {
      type: 'kubernetes.io/dockerconfigjson',
      stringData: {
        '.dockerconfigjson': JSON.stringify({ auths: { 'quay.io': { auth: 'eDp5' } } }),
      },
    })
    const before = [await cluster.secret('theirs'), await cluster.pull('theirs')]
    const { stdout } = await once({}, 1)
    assert.match(stdout, /"reason":"CredentialsNotOwned","namespaces":\["theirs"\]/)
    assert.deepEqual([await cluster.secret('theirs'), await cluster.pull('theirs')], before)

    await cluster.patch('theirs', CREDENTIALS, {
      metadata: { annotations: { 'rauth.dev/adopt': 'true' } },
    })
    const half = await once({}, 1)
    assert.match(half.stdout, /"reason":"PullSecretNotOwned","namespaces":\["theirs"\]/)
    const told = (await cluster.secret('theirs'))?.annotations['rauth.dev/conditions'] ?? ''
    assert.match(told, /"Ready","status":"False","reason":"PullSecretNotOwned"/)
    await once({ RAUTH_CONTROLLER_ADOPT: 'true' })
    assert.deepEqual((await cluster.secret('theirs'))?.values, login)
    assert.deepEqual(await cluster.pullLogin('theirs'), login)
    const config = (await cluster.pull('theirs'))?.values['.dockerconfigjson'] ?? ''
    assert.match(config, /"quay\.io":\{"auth":"eDp5"\}/)
  })

  it('puts the pull Secret into a ServiceAccount, beside what is there', async () => {
    const account = '/api/v1/namespaces/team-a/serviceaccounts'
    await cluster.api.expect('POST', account, {
      ...{ metadata: { name: 'default' }, imagePullSecrets: [{ name: 'theirs' }] },
    })
    await once({
      RAUTH_CONTROLLER_SERVICE_ACCOUNTS: 'default',
      RAUTH_CONTROLLER_NAMESPACES_ONLY: 'team-a',
    })
    const { imagePullSecrets } = await cluster.api.expect('GET', `${account}/default`)
    assert.deepEqual(imagePullSecrets, [{ name: 'theirs' }, { name: PULL }])
  })

  it('takes away what it made in a namespace that is no longer chosen, if told so, after an overlap', async () => {
    await cluster.namespace('leaving')
    await once()
    await cluster.api.expect('PATCH', '/api/v1/namespaces/leaving', {
      metadata: { labels: { 'rauth.dev/managed': null } },
    })
    const environment = {
      RAUTH_CONTROLLER_WHEN_UNMANAGED: 'delete',
      RAUTH_CONTROLLER_OVERLAP: '10s',
    }
    // The right to delete is not among those that it has unless it is given.
    const asAdministrator = () =>
      cluster.rauth(['controller', '--once'], environment, 'administrator')
    await asAdministrator()
    const marked = await cluster.secret('leaving')
    assert.match(marked?.annotations['rauth.dev/unmanaged-since'] ?? '', /^20/)
    await until('the end', 30_000, async () => {
      await asAdministrator()
      return (await cluster.secret('leaving')) === undefined
    })
    assert.equal(await cluster.pull('leaving'), undefined)
    assert.notEqual(await cluster.secret('team-a'), undefined)
  })

  it('may not read another Secret, nor change a namespace', async () => {
    await cluster.createSecret('team-a', 'another', { stringData: { a: 'b' } })
    const secrets = '/api/v1/namespaces/team-a/secrets'
    for (const [method, path, body] of [
      ['GET', `${secrets}/another`],
      ['GET', secrets],
      ['GET', '/api/v1/secrets'],
      ['PATCH', `${secrets}/another`, { data: {} }],
      ['DELETE', `${secrets}/another`],
      ['DELETE', `${secrets}/${PULL}`],
      ['PUT', `${secrets}/${PULL}`, { metadata: { name: PULL } }],
      ['PATCH', '/api/v1/namespaces/team-a', { metadata: { labels: { a: 'b' } } }],
      ['PATCH', '/api/v1/namespaces/team-a/serviceaccounts/other', { imagePullSecrets: [] }],
      ['GET', '/api/v1/namespaces/team-a/configmaps'],
    ] as const) {
      const { status } = await cluster.own.send(method, path, body)
      assert.equal(status, 403, `${method} ${path}`)
    }
  })
})
