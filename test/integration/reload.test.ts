import assert from 'node:assert/strict'
import { mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { Agent } from 'node:http'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { decodeJwt } from 'jose'
import { parse, stringify } from 'yaml'
import { SETTLE } from '../../src/adapters/file/trouble.ts'
import { replaceFile } from '../../tools/stack/state.ts'
import { grpcCall, grpcSession } from '../support/grpc-calls.ts'
import { bytesOf } from '../support/checking.ts'
import { message } from '../support/http2-frames.ts'
import { ask, basic, fetchToken } from '../support/http.ts'
import { askPaced } from '../support/paced.ts'
import { SERVICE, startServing, type Serving } from '../support/serving.ts'
import { until } from '../support/until.ts'

/** Longer than a busy machine needs to find a changed file, milliseconds. */
const PATIENCE = 30_000
/** Longer than two looks at a file take, milliseconds. */
const SETTLED = 600

const LOGIN = { username: 'team-a', password: 'correct-horse-battery' }
const SCOPE = 'repository:team-a/app:pull'
const CHECK = '/envoy.service.auth.v3.Authorization/Check'

/** Counts the connections that it opens. */
class Counting extends Agent {
  opened = 0

  override createConnection(...given: Parameters<Agent['createConnection']>) {
    this.opened += 1
    return super.createConnection(...given)
  }
}

type Settings = Readonly<Record<string, unknown>>

describe('a configuration that changes while rauth runs', () => {
  let serving: Serving
  let settings: Settings
  before(async () => {
    serving = await startServing({
      logins: [LOGIN],
      config: { logLevel: 'info', drainTimeout: '1s' },
      environment: { RAUTH_TOKEN_REUSE: '0s' },
    })
    settings = parse(await readFile(serving.config, 'utf8')) as Settings
  })
  after(() => serving.stop())

  const put = (changed: Settings) =>
    replaceFile(serving.config, stringify({ ...settings, ...changed }))
  const hangUp = () => void process.kill(serving.child.pid, 'SIGHUP')
  const says = async (text: string | RegExp) =>
    (await serving.log()).split('\n').filter((line) => line.match(text) !== null)
  const saysMore = async (text: string | RegExp, what: () => Promise<void> | void) => {
    const { length } = await says(text)
    await what()
    await until(`it says ${String(text)}`, PATIENCE, async () => (await says(text)).length > length)
    return (await says(text)).at(-1) ?? ''
  }
  async function expiry(): Promise<number> {
    const target = `/token?service=${SERVICE}&scope=${SCOPE}`
    const headers = { authorization: basic(LOGIN.username, LOGIN.password) }
    const { body } = await ask(serving.token, target, { headers })
    return (JSON.parse(body) as { expires_in: number }).expires_in
  }
  const expiresIn = (seconds: number) =>
    until(`tokens live ${seconds} s`, PATIENCE, async () => (await expiry()) === seconds)
  async function readiness() {
    const { status, body } = await ask(serving.operations, '/readyz')
    const { troubles } = JSON.parse(body) as { troubles?: Record<string, string> }
    return { status, config: troubles?.['config'], policy: troubles?.['policy'] }
  }
  const refused = (what: string) => metric(`rauth_reload_refused\\{what="${what}"\\}`)
  async function metric(name: string): Promise<number> {
    const { body } = await ask(serving.operations, '/metrics')
    return Number(new RegExp(`^${name} (.*)$`, 'm').exec(body)?.[1])
  }

  it('counts from the next request on, on connections that stay open', async () => {
    const token = await fetchToken(serving.token, LOGIN, SERVICE, SCOPE)
    const agent = new Counting({ keepAlive: true, maxSockets: 4 })
    const session = grpcSession(serving.gateway)
    let ended = false
    session.on('close', () => (ended = true))
    const authorization = basic(LOGIN.username, LOGIN.password)
    const paced = askPaced(100, async (number) => {
      if (number % 3 === 0) {
        const asked = { method: 'GET', path: '/v2/team-a/app/tags/list', token }
        const { trailers } = await grpcCall(session, CHECK, {}, [message(bytesOf(asked))])
        if (trailers['grpc-status'] !== '0') throw new Error(JSON.stringify(trailers))
        return
      }
      const [port, target, header] =
        number % 3 === 1
          ? ([serving.token, `/token?service=${SERVICE}&scope=${SCOPE}`, authorization] as const)
          : ([serving.gatewayHttp, '/v2/team-a/app/tags/list', `Bearer ${token}`] as const)
      const { status } = await ask(port, target, { agent, headers: { authorization: header } })
      if (status !== 200) throw new Error(`${target}: ${status}`)
    })
    try {
      for (const minutes of [10, 15, 20]) {
        await put({ token: { expiry: `${minutes}m` }, policy: { public: [`p${minutes}/**`] } })
        await expiresIn(minutes * 60)
      }
    } finally {
      await paced.stop()
    }
    assert.deepEqual(paced.failures, [])
    assert.ok(paced.done() > 50)
    assert.equal(ended, false, 'the connection of gRPC was closed')
    // Four to each of the two ports.
    assert.ok(agent.opened <= 8, `${agent.opened} connections`)
    session.close()
    agent.destroy()
    const anyone = await ask(serving.token, `/token?service=${SERVICE}&scope=repository:p20/x:pull`)
    assert.match(anyone.body, /"token"/)
    const lines = await says('configuration read again')
    assert.match(lines.at(-1) ?? '', /"changed":\["token.expiry","policy.public"\]/)
  })

  const WAYS: readonly (readonly [string, (text: string) => Promise<void>])[] = [
    ['written in place', (text) => writeFile(serving.config, text)],
    ['put there by a rename', (text) => replaceFile(serving.config, text)],
    [
      'behind the links of a mounted ConfigMap, which are swapped',
      async (text) => {
        const folder = path.dirname(serving.config)
        const at = path.join(folder, `..data-${Date.now()}`)
        await mkdir(at)
        await writeFile(path.join(at, 'rauth.yaml'), text)
        await rm(path.join(folder, '..next'), { force: true })
        await symlink(path.basename(at), path.join(folder, '..next'))
        await rename(path.join(folder, '..next'), path.join(folder, '..data'))
        await symlink('..data/rauth.yaml', path.join(folder, '.new'))
        await rename(path.join(folder, '.new'), serving.config)
      },
    ],
  ]
  for (const [index, [how, write]] of WAYS.entries()) {
    it(`is found when its file is ${how}`, async () => {
      const minutes = 30 + index
      await write(stringify({ ...settings, token: { expiry: `${minutes}m` } }))
      await expiresIn(minutes * 60)
    })
  }
  it('is found when those links are swapped once more', async () => {
    await WAYS[2]?.[1](stringify({ ...settings, token: { expiry: '40m' } }))
    await expiresIn(2400)
    await put({ token: { expiry: '41m' } })
    await expiresIn(2460)
  })

  it('leaves what the environment says on top', async () => {
    const line = await saysMore('configuration read again', async () => {
      await put({ token: { expiry: '12m', reuse: '30s' } })
    })
    assert.match(line, /"changed":\["token.expiry"\]/)
  })

  it('names what needs a restart, until it is as it was', async () => {
    const line = await saysMore('needs a restart', async () => {
      await put({ token: { expiry: '13m' }, listen: {}, secretName: 'other', logLevel: 'debug' })
    })
    await expiresIn(780)
    assert.match(line, /"level":"warn".*"settings":\["secretName","listen.token",/)
    const { status, config } = await readiness()
    assert.equal(status, 200)
    assert.match(config ?? '', /^changed, and needs a restart: secretName, listen.token, /)
    assert.equal(await metric('rauth_config_restart_settings'), 5)
    await put({ token: { expiry: '14m' } })
    await expiresIn(840)
    await until('nothing waits', PATIENCE, async () => (await readiness()).config === undefined)
    assert.equal(await metric('rauth_config_restart_settings'), 0)
  })

  it('changes nothing when it is bad, and each mistake in it is told', async () => {
    const bad = 'realm: nowhere\ntoken: { expiry: 1s, expires: 5m }\n'
    const at = await metric('rauth_config_last_reload_timestamp_seconds')
    const failures = await metric('rauth_config_reload_failures_total')
    const told = /configuration that cannot be used/
    const line = await saysMore(told, () => replaceFile(serving.config, bad))
    for (const place of [':1:1: ', ':2:10: ', ':2:22: ']) assert.ok(line.includes(place), line)
    assert.equal(await expiry(), 840)
    const { status, config } = await readiness()
    assert.equal(status, 200)
    assert.match(config ?? '', /"realm" must be an http or https URL/)
    assert.equal(await metric('rauth_config_reload_failures_total'), failures + 1)
    assert.equal(await refused('configuration'), 1)
    assert.equal(await metric('rauth_config_last_reload_timestamp_seconds'), at)
    await saysMore(told, hangUp)
    await saysMore(told, () => rm(serving.config))
    await saysMore('can be used again', () => put({ token: { expiry: '14m' } }))
    assert.equal((await readiness()).config, undefined)
    assert.equal(await refused('configuration'), 0)
  })

  it('is not taken while only the beginning of it is there', async () => {
    const whole = stringify({ ...settings, token: { expiry: '22m' } })
    for (let attempt = 0; ; attempt += 1) {
      await put({ token: { expiry: '21m' } })
      await expiresIn(1260)
      const { length } = await says('configuration read again')
      let [written, longest] = [performance.now(), 0]
      const write = async (text: string) => {
        await writeFile(serving.config, text)
        longest = Math.max(longest, performance.now() - written)
        written = performance.now()
      }
      for (const part of [0.3, 0.6, 0.9]) {
        await write(whole.slice(0, whole.length * part))
        await sleep(100)
      }
      // Good, and without what is said of tokens.
      await write(stringify(settings))
      await sleep(100)
      await write(whole)
      await expiresIn(1320)
      await sleep(SETTLED)
      // Whoever writes so slowly, as this machine did then, is read in between.
      if (longest > SETTLE && attempt < 20) continue
      assert.equal((await says('configuration read again')).length, length + 1)
      return
    }
  })

  it('is read again when a signal asks for it, and that is told also of one that did not change', async () => {
    await sleep(SETTLED)
    const at = await metric('rauth_config_last_reload_timestamp_seconds')
    const line = await saysMore('configuration read again', hangUp)
    assert.match(line, /"changed":\[\]/)
    assert.ok((await metric('rauth_config_last_reload_timestamp_seconds')) > at)
  })

  it('changes what is logged and how many may fail', async () => {
    await put({ guessing: { failures: 2 }, logLevel: 'warn', token: { expiry: '23m' } })
    await expiresIn(1380)
    const { length } = await says('"msg":"decision"')
    const wrong = { authorization: basic('team-a', 'wrong') }
    const statuses: number[] = []
    for (let i = 0; i < 3; i += 1) {
      const { status } = await ask(serving.token, `/token?service=${SERVICE}`, { headers: wrong })
      statuses.push(status)
    }
    assert.deepEqual(statuses, [401, 401, 429])
    assert.equal(await expiry(), 1380)
    assert.ok((await says('"msg":"decision"')).length <= length + 3)
    const allowed = (await says('"msg":"decision"'))
      .slice(length)
      .filter((line) => line.includes('"allowed"'))
    assert.deepEqual(allowed, [])
  })

  it('changes nothing when it names a policy that is not there, until that is', async () => {
    const file = path.join(path.dirname(serving.config), 'policy.yaml')
    const line = await saysMore('configuration that cannot be used', async () => {
      await put({ token: { expiry: '20m' }, policy: { file }, guessing: { failures: 2 } })
    })
    assert.match(line, /policy file .* cannot be read/)
    assert.equal(await expiry(), 1380)
    await replaceFile(file, 'rules: [{ match: { name: a }, actions: [] }]\n')
    await expiresIn(1200)
  })

  it('keeps what restricts and is no longer said, until that is asked for', async () => {
    const file = path.join(path.dirname(serving.config), 'policy.yaml')
    const scope = 'repository:team-a/app:pull,push,delete'
    const actions = async () => {
      const token = await fetchToken(serving.token, LOGIN, SERVICE, scope)
      return decodeJwt<{ access: { actions: string[] }[] }>(token).access[0]?.actions
    }
    const deny = "  - match: { name: 'team-a/secret' }\n    actions: []\n"
    const rules = `rules:\n${deny}  - match:\n      name: 'team-a/**'\n      account: team-a\n    actions: [pull]\n`
    await replaceFile(file, rules)
    await put({ token: { expiry: '25m' }, policy: { file }, guessing: { failures: 2 } })
    await expiresIn(1500)
    assert.deepEqual(await actions(), ['pull'])
    // A change of something else leaves the file watched.
    await put({ token: { expiry: '24m' }, policy: { file }, guessing: { failures: 2 } })
    await expiresIn(1440)
    for (const may of [['pull', 'push'], ['pull']]) {
      await replaceFile(file, rules.replace('[pull]', `[${may.join()}]`))
      const isSo = async () => (await actions())?.join() === may.join()
      await until(may.join(), PATIENCE, isSo)
    }

    const told = await saysMore('configuration that cannot be used', async () => {
      await put({ token: { expiry: '26m' } })
    })
    assert.match(told, /says nothing, or less, of policy\.file, guessing\.failures: .* SIGHUP/)
    assert.match((await readiness()).config ?? '', /policy\.file/)
    assert.equal(await expiry(), 1440)
    assert.deepEqual(await actions(), ['pull'])

    // It may be told, too, of a file that was looked at while there was nothing in it yet.
    await saysMore(/ends in the middle of a line.*policy file that cannot be used/, async () => {
      await writeFile(file, rules.slice(0, -'l]\n'.length))
      await writeFile(file, rules.slice(0, -1))
    })
    // Another key of the configuration does not have it read, either.
    await put({ policy: { file }, guessing: { failures: 2 }, token: { expiry: '27m' } })
    await expiresIn(1620)
    assert.match((await readiness()).policy ?? '', /ends in the middle of a line/)
    // Nor does one of the policy itself.
    const beside = { file, kubernetes: { timeout: '3s' } }
    const halves = await saysMore('configuration that cannot be used', async () => {
      await put({ policy: beside, guessing: { failures: 2 }, token: { expiry: '29m' } })
    })
    assert.match(halves, /policy\.yaml: it ends in the middle of a line/)
    assert.equal(await expiry(), 1620)

    await saysMore('configuration that cannot be used', () => put({ token: { expiry: '28m' } }))
    hangUp()
    await expiresIn(1680)
    assert.deepEqual(await actions(), ['delete', 'pull', 'push'])
    assert.deepEqual(await readiness(), { status: 200, config: undefined, policy: undefined })
  })
})
