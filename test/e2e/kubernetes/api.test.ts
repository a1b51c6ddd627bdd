import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { ApiRefusal } from '../../../src/adapters/kubernetes/api-refusal.ts'
import type { Method, SendOptions } from '../../../src/adapters/kubernetes/api.ts'
import { Redacted } from '../../../src/redacted.ts'
import { startControlPlane, type ControlPlane } from '../../support/kubernetes/control-plane.ts'
import { ourApi, type OurApi } from '../../support/kubernetes/our-api.ts'
import { until } from '../../support/until.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')

const PASSWORD = 'canary-correct-horse'
const SECRETS = '/api/v1/namespaces/team-a/secrets'
const ONE = `${SECRETS}/registry-credentials`

describe('requests that change something at a real API server', () => {
  let cluster: ControlPlane
  let api: OurApi

  before(async () => {
    cluster = await startControlPlane()
    await cluster.api.expect('POST', '/api/v1/namespaces', { metadata: { name: 'team-a' } })
    api = await ourApi(cluster, cluster.administrator)
  })
  afterEach(() => cluster.api.send('DELETE', ONE))
  after(async () => {
    await api.close()
    await cluster.stop()
  })

  type Sent = Partial<SendOptions>
  const send = (method: Method, path: string, options: Sent = {}) =>
    api.send(method, path, { signal: AbortSignal.timeout(20_000), patience: 20_000, ...options })
  const named = (password: string, metadata: object = {}) => ({
    ...{ apiVersion: 'v1', kind: 'Secret' },
    metadata: { name: 'registry-credentials', ...metadata },
    data: { username: base64('team-a'), password: new Redacted(base64(password)) },
  })

  async function refused(asking: Promise<unknown>): Promise<ApiRefusal> {
    const error = await asking.then(
      () => assert.fail('it was not refused'),
      (reason: unknown) => reason,
    )
    assert.ok(error instanceof ApiRefusal, String(error))
    assert.doesNotMatch(error.message, /canary|Y2FuYXJ5/)
    return error
  }

  it('make, read, replace and remove an object', async () => {
    const made = await send('POST', SECRETS, { body: named(PASSWORD) })
    assert.deepEqual(made['data'], { username: base64('team-a'), password: base64(PASSWORD) })
    const { resourceVersion } = (await send('GET', ONE))['metadata'] as { resourceVersion: string }
    const replaced = await send('PUT', ONE, { body: named('canary-2', { resourceVersion }) })
    assert.equal((replaced['data'] as { password: string }).password, base64('canary-2'))
    await send('DELETE', ONE)
    assert.equal((await refused(send('GET', ONE))).reason, 'NotFound')
  })

  it('change a part of an object', async () => {
    await send('POST', SECRETS, { body: named(PASSWORD) })
    const patched = await send('PATCH', ONE, {
      body: { metadata: { labels: { a: 'b' } } },
      contentType: 'application/merge-patch+json',
    })
    assert.deepEqual((patched['metadata'] as { labels: object }).labels, { a: 'b' })
    assert.deepEqual(Object.keys(patched['data'] as object), ['password', 'username'])
  })

  it('apply an object, made or not, and are told of the fields of others', async () => {
    const apply = (manager: string, password: string) =>
      send('PATCH', `${ONE}?fieldManager=${manager}`, {
        body: named(password),
        contentType: 'application/apply-patch+yaml',
      })
    await apply('rauth', PASSWORD)
    await apply('rauth', 'canary-2')
    const { status, reason, message } = await refused(apply('another', 'canary-3'))
    assert.deepEqual([status, reason], [409, 'Conflict'])
    assert.match(message, /\.data\.password/)
  })

  it('are refused for a reason', async () => {
    const { metadata } = await send('POST', SECRETS, { body: named(PASSWORD) })
    const { resourceVersion, uid } = metadata as { resourceVersion: string; uid: string }
    await send('PUT', ONE, { body: named('canary-2', { resourceVersion }) })
    const preconditions = { resourceVersion, uid }
    const asked: readonly (readonly [() => Promise<unknown>, number, string])[] = [
      [() => send('POST', SECRETS, { body: named(PASSWORD) }), 409, 'AlreadyExists'],
      [() => send('PUT', ONE, { body: named('canary-3', { resourceVersion }) }), 409, 'Conflict'],
      [() => send('DELETE', ONE, { body: { preconditions } }), 409, 'Conflict'],
      [() => send('GET', `${SECRETS}/another`), 404, 'NotFound'],
      [() => send('POST', SECRETS, { body: { data: { a: 'canary!' } } }), 400, 'BadRequest'],
      [() => send('PATCH', ONE, { body: { metadata: {} } }), 415, 'UnsupportedMediaType'],
      [
        () =>
          send('POST', SECRETS, {
            body: { ...named(PASSWORD), type: 'kubernetes.io/dockerconfigjson' },
          }),
        ...([422, 'Invalid'] as const),
      ],
    ]
    for (const [asking, status, reason] of asked) {
      const refusal = await refused(asking())
      assert.deepEqual([refusal.status, refusal.reason], [status, reason], refusal.message)
    }
  })

  it('have no secret in an error, also where an admission policy quotes it', async () => {
    const policies = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolic'
    await cluster.api.expect('POST', `${policies}ies`, {
      metadata: { name: 'quotes' },
      spec: {
        matchConstraints: {
          resourceRules: [
            {
              ...{ apiGroups: [''], apiVersions: ['v1'], resources: ['secrets'] },
              operations: ['CREATE'],
            },
          ],
        },
        validations: [
          {
            expression: "object.metadata.name != 'quoted'",
            messageExpression: "'I saw ' + string(object.data.password)",
          },
        ],
      },
    })
    await cluster.api.expect('POST', `${policies}ybindings`, {
      metadata: { name: 'quotes' },
      spec: { policyName: 'quotes', validationActions: ['Deny'] },
    })
    const body = named(PASSWORD, { name: 'quoted' })
    const plain = { ...body, data: { password: base64(PASSWORD) } }
    const dryRun = `${SECRETS}?dryRun=All`
    await until('the policy', 30_000, () =>
      cluster.api
        .send('POST', dryRun, plain)
        .then(({ status, body: { message } }) => status === 422 && /I saw /.test(String(message))),
    )
    const { message, reason } = await refused(send('POST', dryRun, { body }))
    assert.equal(
      message,
      '422: Invalid; its words hold something of what was sent and are left out',
    )
    assert.equal(reason, 'Invalid')
  })

  it('go on with a token that was rotated meanwhile, and ask no more than twice', async () => {
    const account = '/api/v1/namespaces/team-a/serviceaccounts'
    await cluster.api.expect('POST', account, { metadata: { name: 'one' } })
    const { status } = await cluster.api.expect('POST', `${account}/one/token`, { spec: {} })
    const { token } = status as { token: string }
    const review = {
      path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
    }
    const rotated = await ourApi(cluster, { token: 'canary-old' })
    const ask = () =>
      rotated.send('POST', review.path, {
        ...{ body: review.body, signal: AbortSignal.timeout(20_000), patience: 20_000 },
      })
    try {
      assert.equal((await refused(ask())).status, 401)
      assert.deepEqual(rotated.answers, [401, 401])
      await rotated.become({ token })
      const { userInfo } = (await ask())['status'] as { userInfo: { username: string } }
      assert.equal(userInfo.username, 'system:serviceaccount:team-a:one')
      assert.deepEqual(rotated.answers, [401, 401, 401, 201])
    } finally {
      await rotated.close()
    }
  })

  it('end when they are told to', async () => {
    const reason = new Error('enough')
    const stop = new AbortController()
    process.kill(cluster.apiServer.pid, 'SIGSTOP')
    try {
      const asking = send('POST', SECRETS, { body: named(PASSWORD), signal: stop.signal })
      setTimeout(() => {
        stop.abort(reason)
      }, 100)
      await assert.rejects(asking, { name: 'AbortError', cause: reason })
      await assert.rejects(send('GET', ONE, { patience: 200 }), /no answer within 0\.2 s/)
    } finally {
      process.kill(cluster.apiServer.pid, 'SIGCONT')
    }
  })
})
