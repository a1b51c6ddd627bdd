import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { throwAwayAuthority } from '../support/certified-keys.ts'
import { ask, basic } from '../support/http.ts'
import { run } from '../support/run.ts'
import { startChild, untilReady, type Child } from '../../tools/stack/child.ts'
import { freePort } from '../../tools/stack/ports.ts'
import { replaceFile } from '../../tools/stack/state.ts'
import { until } from '../support/until.ts'
import { writeWorld } from '../docker-auth/servers.ts'
import { PASSWORD, type World } from '../docker-auth/world.ts'

/** The bundled program, from dist/test/integration. */
const RAUTH = path.resolve(import.meta.dirname, '../../rauth.js')

const WORLD: World = {
  users: { alice: { group: ['dev'] }, '': {} },
  outside: { robot: { group: ['CICD'] } },
  acl: [
    { match: { labels: { group: 'CICD' } }, actions: ['*'] },
    { match: { account: '', name: 'public/*' }, actions: ['pull'] },
    { match: { account: '/^(.+)$/', name: '${account:1}/**' }, actions: ['pull', 'push'] },
  ],
  ...{ judged: false, pathPrefix: '/docker', realIp: undefined },
}

describe('a docker_auth configuration on the command line', () => {
  let directory: string
  let port: number
  let file: string
  const inside = (name: string) => path.join(directory, name)
  const rauth = (...args: readonly string[]) => run(process.execPath, [RAUTH, ...args])
  before(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'rauth-docker-auth-'))
    const pair = await throwAwayAuthority('RS256')
    await writeFile(inside('token.crt'), pair.certificate)
    await writeFile(inside('token.key'), pair.key)
    port = await freePort()
    const ground = { certificate: inside('token.crt'), key: inside('token.key') }
    file = (await writeWorld(ground, WORLD, directory, port)).file
  })
  after(() => rm(directory, { recursive: true, force: true }))

  async function serve(...args: readonly string[]): Promise<Child> {
    const child = await startChild({
      ...{ name: 'rauth', program: process.execPath, logFile: inside('log') },
      args: [RAUTH, 'serve', ...args],
      env: {
        ...{ RAUTH_LISTEN_OPERATIONS: '127.0.0.1:0', RAUTH_LOG_LEVEL: 'info' },
        // It asks again and again until a user is known.
        ...{ RAUTH_GUESSING_FAILURES: '0', RAUTH_GUESSING_PER_NETWORK: '0' },
      },
    })
    const isUp = () =>
      ask(port, '/health').then(
        ({ status }) => status === 200,
        () => false,
      )
    try {
      await untilReady(child, isUp)
    } catch (error) {
      await child.stop()
      throw error
    }
    return child
  }

  async function granted(account: string, scope: string): Promise<string> {
    const query = new URLSearchParams({ service: 'registry', scope })
    const headers = account === '' ? {} : { authorization: basic(account, PASSWORD) }
    const { status, body } = await ask(port, `/docker/auth?${query.toString()}`, { headers })
    if (status !== 200) return String(status)
    const { token } = JSON.parse(body) as { token: string }
    const claims = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()
    const { access } = JSON.parse(claims) as { access: { name: string; actions: string[] }[] }
    return access.map(({ name, actions }) => `${name}:${actions.join()}`).join(' ')
  }

  /** The same, whoever serves it. */
  async function assertDecisions(): Promise<void> {
    assert.equal(
      await granted('robot', 'repository:any/thing:delete,push'),
      'any/thing:delete,push',
    )
    assert.equal(await granted('alice', 'repository:alice/app:delete,push'), 'alice/app:push')
    assert.equal(await granted('alice', 'repository:alice/a/b:pull'), '')
    assert.equal(await granted('', 'repository:public/app:pull,push'), 'public/app:pull')
    assert.equal(await granted('', 'repository:alice/app:pull'), '401')
  }

  it('is checked, and every mistake of it has its place', async () => {
    const good = await rauth('check-config', '--docker-auth-config', file)
    assert.equal(good.code, 0, good.output)
    assert.equal(good.stdout, `${file}: ok\n`)
    const text = await readFile(file, 'utf8')
    await writeFile(inside('bad.yml'), `${text}ldap_auth: {}\nacl_mongo: {}\n`)
    const bad = await rauth('check-config', '--docker-auth-config', inside('bad.yml'))
    assert.equal(bad.code, 1)
    assert.match(
      bad.stderr,
      /bad\.yml:\d+:1: "ldap_auth" is not supported: leave it out, run "rauth migrate/,
    )
    assert.match(bad.stderr, /bad\.yml:\d+:1: "acl_mongo" is not supported: write the entries/)
  })

  it('says in its own words what rauth’s settings have against it', async () => {
    const text = await readFile(file, 'utf8')
    await writeFile(inside('short.yml'), text.replace('expiration: 900', 'expiration: 5'))
    const { code, stderr } = await rauth(
      'check-config',
      '--docker-auth-config',
      inside('short.yml'),
    )
    assert.equal(code, 1)
    assert.match(stderr, /short\.yml:\d+:3: "token\.expiration" must be a duration .* from 60 s to/)
  })

  it('is what can-i, explain and policy go by, too', async () => {
    const by = ['--docker-auth-config', file]
    const canI = async (...args: readonly string[]) => (await rauth('can-i', ...args, ...by)).stdout
    assert.equal(await canI('push', 'alice/app', '--as', '/alice'), 'yes\n')
    assert.equal(await canI('delete', 'alice/app', '--as', '/alice'), 'no\n')
    assert.equal(await canI('pull', 'public/app', '--anonymous'), 'yes\n')
    assert.equal(await canI('delete', 'any/x', '--as', '/robot', '--label', 'group=CICD'), 'yes\n')
    const explained = await rauth('explain', 'repository:alice/app:push', '--as', '/alice', ...by)
    assert.equal(explained.code, 0, explained.output)
    assert.match(explained.stdout, /push +allowed by .*:\d+$/m)
    const cases =
      "cases: [{ given: { as: /alice, scope: 'repository:bob/app:pull' }, expect: denied }]"
    await writeFile(inside('cases.yaml'), cases)
    const tested = await rauth('policy', 'test', inside('cases.yaml'), ...by)
    assert.deepEqual([tested.code, tested.stderr], [0, '1 passed, 0 failed\n'])
    assert.equal((await rauth('policy', 'lint', ...by)).code, 0)
  })

  it('is for the token service alone, and stands beside no other configuration', async () => {
    const gateway = await rauth('serve', '--docker-auth-config', file, '--role', 'gateway')
    assert.equal(gateway.code, 2)
    assert.match(gateway.stderr, /is for --role token: it has no gateway/)
    const two = await rauth('serve', '--docker-auth-config', file, '-c', 'rauth.yaml')
    assert.equal(two.code, 2)
    const none = await rauth('serve', '--docker-auth-config', inside('nowhere.yml'))
    assert.equal(none.code, 1)
    assert.match(none.stderr, /cannot read the docker_auth configuration: ENOENT/)
  })

  it('is served, and followed where it changes', async () => {
    const child = await serve('--docker-auth-config', file)
    const before = await readFile(file, 'utf8')
    try {
      await assertDecisions()
      await replaceFile(file, before.replace('name: public/*', 'name: open/*'))
      await until('the next rules', 20_000, async () => {
        return (await granted('', 'repository:open/app:pull')) === 'open/app:pull'
      })
      assert.equal(await granted('', 'repository:public/app:pull'), '401')
      await replaceFile(file, before.replace('  alice:', '  bob:'))
      await until('the next users', 20_000, async () => {
        return (await granted('bob', 'repository:bob/app:pull')) === 'bob/app:pull'
      })
      assert.equal(await granted('alice', 'repository:alice/app:pull'), '401')
    } finally {
      await replaceFile(file, before)
      await child.stop()
    }
  })

  it('is migrated into one that is whole, decides the same and tells what is not', async () => {
    const output = inside('migrated')
    const { code, stdout, stderr } = await rauth('migrate', 'docker-auth', file, '-o', output)
    assert.equal(code, 0, stderr)
    assert.match(
      stderr,
      /^written: .*rauth\.yaml, .*policy\.yaml, .*users\.yaml; next: rauth check-config/,
    )
    assert.match(stdout, /^1\. line \d+: \*\* in "\$\{account:1\}\/\*\*" is \* to docker_auth/)
    assert.match(stdout, /^2\. line \d+: what \$\{account:1\} catches is text/m)
    const checked = await rauth('check-config', '-c', path.join(output, 'rauth.yaml'))
    assert.equal(checked.code, 0, checked.output)
    const child = await serve('-c', path.join(output, 'rauth.yaml'), '--role', 'token')
    try {
      await assertDecisions()
    } finally {
      await child.stop()
    }
    const again = await rauth('migrate', 'docker-auth', file, '-o', output)
    assert.equal(again.code, 1)
    assert.match(again.stderr, /rauth\.yaml is there already, and nothing was written/)
  })
})
