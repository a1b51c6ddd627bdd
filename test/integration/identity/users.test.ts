import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { stringify } from 'yaml'
import { replaceFile } from '../../../tools/stack/state.ts'
import { hashSync } from '../../support/bcrypt.ts'
import { startChecking, type Checking } from '../../support/checking.ts'
import { ask, basic, fetchToken } from '../../support/http.ts'
import { SERVICE, startServing, type Serving } from '../../support/serving.ts'
import { until } from '../../support/until.ts'

const PATIENCE = 20_000

const POLICY = `
anonymous: true
rules:
  - match: { labels: { role: suspended } }
    actions: []
  - match: { labels: { team: '*' }, name: '\${labels:team}/**' }
    actions: [pull, push]
  - match: { labels: { who: visitor }, name: 'public/**' }
    actions: [pull]
  - match: { namespace: '*', name: '\${namespace}/**' }
    actions: ['*']
`

const account = (password: string, more: object = {}) => ({
  ...{ password: hashSync(password, { cost: 4 }), ...more },
})

describe('static users of a file', () => {
  let directory: string
  let serving: Serving
  let gateway: Checking
  const users = () => path.join(directory, 'users.yaml')
  const write = (accounts: object, anonymous: object = {}) =>
    replaceFile(users(), stringify({ accounts, anonymous }))

  before(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'rauth-users-'))
    await write({ alice: account('one', { labels: { team: 'a' } }) })
    await replaceFile(path.join(directory, 'policy.yaml'), POLICY)
    serving = await startServing({
      // A namespace whose Secret has the user name of somebody else, too.
      logins: [
        { username: 'team-b', password: 'secret' },
        { username: 'alice', password: 'of-a-tenant' },
      ],
      config: {
        identity: [{ users: { file: users() } }, { secrets: {} }],
        policy: { file: path.join(directory, 'policy.yaml') },
        guessing: { failures: 0, perNetwork: 0 },
      },
    })
    gateway = startChecking(serving.gateway, PATIENCE)
  })
  after(async () => {
    gateway.close()
    await serving.stop()
    await rm(directory, { recursive: true, force: true })
  })

  const login = async (username: string, password: string) =>
    (await ask(serving.token, `/token?service=${SERVICE}`, {
      headers: { authorization: basic(username, password) },
    })).status // prettier-ignore
  const tokenFor = (username: string, password: string, name: string) =>
    fetchToken(serving.token, { username, password }, SERVICE, `repository:${name}:pull`)
  const pulls = (token: string, name: string) =>
    gateway.check({ method: 'GET', path: `/v2/${name}/manifests/v1`, token })

  it('have what the policy gives their labels, and no namespace', async () => {
    const token = await tokenFor('alice', 'one', 'a/app')
    assert.equal(await pulls(token, 'a/app'), 200)
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()
    const { sub, rauth } = JSON.parse(payload) as { sub: string; rauth: { ns: unknown[] } }
    assert.deepEqual([sub, rauth.ns], ['alice', []])
    assert.equal(await pulls(await tokenFor('alice', 'one', 'alice/app'), 'alice/app'), 403)
  })

  it('own their user names: a Secret that has one, too, is not asked', async () => {
    assert.equal(await login('alice', 'of-a-tenant'), 401)
    assert.equal(await login('team-b', 'secret'), 200)
    assert.equal(await login('team-b', 'one'), 401)
  })

  it('lose their tokens when they are changed or gone, and the next word counts', async () => {
    const first = await tokenFor('alice', 'one', 'a/app')
    await write({ alice: account('two', { labels: { team: 'a' } }) })
    await until('the new password', PATIENCE, async () => (await login('alice', 'two')) === 200)
    assert.equal(await pulls(first, 'a/app'), 401)
    assert.equal(await login('alice', 'one'), 401)

    const second = await tokenFor('alice', 'two', 'a/app')
    assert.equal(await pulls(second, 'a/app'), 200)
    await write({ bob: account('three') })
    await until('the end of alice', PATIENCE, async () => (await pulls(second, 'a/app')) === 401)
    // Nobody's name any more: whoever has it in a Secret may use it.
    assert.equal(await login('alice', 'of-a-tenant'), 200)
  })

  it('lose what a label gave them with the label, and their token stays', async () => {
    const hash = account('four')
    await write({ carol: { ...hash, labels: { team: 'a' } } })
    await until('carol', PATIENCE, async () => (await login('carol', 'four')) === 200)
    const token = await tokenFor('carol', 'four', 'a/app')
    assert.equal(await pulls(token, 'a/app'), 200)
    await write({ carol: { ...hash, labels: { team: 'a', role: 'suspended' } } })
    await until('the end of it', PATIENCE, async () => (await pulls(token, 'a/app')) === 403)
  })

  it('stay as they were when the file is broken, and it is told', async () => {
    await write({ dave: account('five') })
    await until('dave', PATIENCE, async () => (await login('dave', 'five')) === 200)
    await replaceFile(users(), 'accounts: { dave: { password: clear } }\n')
    const troubles = async () => (await ask(serving.operations, '/readyz')).body
    await until('trouble', PATIENCE, async () => (await troubles()).includes('"users":"'))
    assert.doesNotMatch(await troubles(), /clear/)
    assert.equal(await login('dave', 'five'), 200)
    const metrics = await ask(serving.operations, '/metrics')
    assert.match(metrics.body, /^rauth_users_reload_failures_total 1$/m)
  })

  it('may give labels to whoever has no credentials', async () => {
    const anonymous = (name: string) =>
      ask(serving.token, `/token?service=${SERVICE}&scope=repository:${name}:pull`)
    await write({ alice: account('one') })
    await until('an end', PATIENCE, async () => (await anonymous('public/app')).status === 401)
    await write({ alice: account('one') }, { labels: { who: 'visitor' } })
    await until('them', PATIENCE, async () => (await anonymous('public/app')).status === 200)
    const { token } = JSON.parse((await anonymous('public/app')).body) as { token: string }
    assert.equal(await pulls(token, 'public/app'), 200)
    await write({ alice: account('one') })
    await until('its end', PATIENCE, async () => (await pulls(token, 'public/app')) === 401)
  })
})
