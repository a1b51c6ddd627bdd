import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  CREDENTIALS,
  PULL,
  startControlCluster,
  type ControlCluster,
} from '../../../support/control/cluster.ts'
import type { Api, Json } from '../../../support/kubernetes/api.ts'
import { makeAll } from '../../../support/kubernetes/rights.ts'
import { until } from '../../../support/until.ts'

/** Milliseconds until the API server must act by a policy that it has. */
const EFFECT_LIMIT = 30_000

const ACCOUNT_TOKEN = {
  type: 'kubernetes.io/service-account-token',
  annotations: { 'kubernetes.io/service-account.name': 'clusterrole-aggregation-controller' },
}

interface Made {
  readonly name?: string
  readonly generateName?: string
  readonly type: string
  readonly annotations?: Readonly<Record<string, string>>
}

/** Each would be a way to more rights, or to what a pod of others is given. */
const FORBIDDEN: readonly (readonly [what: string, secret: Made])[] = [
  ['a token of any account, by a name that it may read', { name: CREDENTIALS, ...ACCOUNT_TOKEN }],
  ['a token of any account, by the other name', { name: PULL, ...ACCOUNT_TOKEN }],
  [
    'a login of a node that comes in',
    { name: 'bootstrap-token-abcdef', type: 'bootstrap.kubernetes.io/token' },
  ],
  ['another name', { name: 'another', type: 'Opaque' }],
  ['a name that begins with one of its own', { generateName: CREDENTIALS, type: 'Opaque' }],
  ['one of its names with the type of the other', { name: PULL, type: 'Opaque' }],
]

const bodyOf = ({ type, ...metadata }: Made): Json => ({
  ...{ metadata, type },
  ...(type === 'kubernetes.io/dockerconfigjson' && {
    stringData: { '.dockerconfigjson': '{"auths":{}}' },
  }),
})

describe('examples/kubernetes/admission-controller.yaml', () => {
  let cluster: ControlCluster
  before(async () => {
    cluster = await startControlCluster()
  })
  after(() => cluster.stop())

  /** Without storing anything. */
  const tryAs = async (api: Api, secret: Made) => {
    const path = '/api/v1/namespaces/kube-system/secrets?dryRun=All'
    const { status, body } = await api.send('POST', path, bodyOf(secret))
    return { status, message: String(body['message']) }
  }

  it('is what the role alone does not do', async () => {
    for (const [what, secret] of FORBIDDEN) {
      assert.equal((await tryAs(cluster.own, secret)).status, 201, what)
    }
  })

  it('lets the controller make its two Secrets and no other', async () => {
    await makeAll(cluster.api, 'admission-controller.yaml')
    const [, first] = FORBIDDEN[0] ?? assert.fail()
    await until('the policy is in force', EFFECT_LIMIT, async () => {
      return (await tryAs(cluster.own, first)).status === 403
    })
    for (const [what, secret] of FORBIDDEN) {
      const { status, message } = await tryAs(cluster.own, secret)
      assert.equal(status, 403, what)
      assert.match(message, /rauth-controller makes registry-credentials \(Opaque\)/, what)
      assert.equal((await tryAs(cluster.api, secret)).status, 201, `${what}, by somebody else`)
    }
    for (const [name, type] of [
      [CREDENTIALS, 'Opaque'],
      [PULL, 'kubernetes.io/dockerconfigjson'],
    ] as const) {
      assert.equal((await tryAs(cluster.own, { name, type })).status, 201, name)
    }
  })

  it('lets the controller do all of its work', async () => {
    await cluster.namespace('team-a')
    const once = () => cluster.rauth(['controller', '--once'])
    const first = await once()
    assert.equal(first.code, 0, first.output)
    const before = (await cluster.secret('team-a')) ?? assert.fail('no credentials')
    assert.deepEqual(await cluster.pullLogin('team-a'), before.values)
    await cluster.patch('team-a', CREDENTIALS, {
      metadata: { annotations: { 'rauth.dev/rotate': 'true' } },
    })
    const second = await once()
    assert.equal(second.code, 0, second.output)
    const password = (await cluster.secret('team-a'))?.values['password']
    assert.notEqual(password, before.values['password'])
    assert.equal((await cluster.pullLogin('team-a'))?.password, password)
  })
})
