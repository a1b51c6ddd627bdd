import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { craneClient, type CraneClient } from '../support/clients.ts'
import { startForwarder, type Forwarder } from '../support/forwarder.ts'
import { ask, fetchToken } from '../support/http.ts'
import {
  assertNoFailure,
  craneOverAndOver,
  pullOverAndOver,
  stopAll,
  untilPulled,
  type Pulls,
} from '../support/pulls.ts'
import { startRegistry, type Registry } from '../support/registry.ts'
import { run } from '../support/run.ts'
import { startStack, type Stack } from '../support/stack.ts'
import { promised } from '../support/promised.ts'
import { until } from '../support/until.ts'

const PROGRAM = path.resolve(import.meta.dirname, '../../rauth.js')

/** How long a key is published before it signs, seconds: time for rauth to learn of it… */
const AHEAD = 4
/** …and where a registry must be replaced within it. */
const LONG_AHEAD = 12

const environment = (ahead: number) => ({
  RAUTH_KEYS_PUBLISH_AHEAD: `${ahead}s`,
  RAUTH_TOKEN_EXPIRY: '60s',
})

const REPOSITORY = 'team-a/app'
const SCOPE = `repository:${REPOSITORY}:pull`

/** A `rauth keys` command; gives its stdout. */
async function keys(stack: Stack, ...args: readonly string[]): Promise<string> {
  const { code, stdout, output } = await run(
    process.execPath,
    [PROGRAM, 'keys', ...args, '--config', stack.config],
    // The times of either stack: what is asked of them here is the same with both.
    { env: environment(AHEAD) },
  )
  assert.equal(code, 0, output)
  return stdout
}

const tokenOf = (stack: Stack) =>
  fetchToken(stack.token, stack.login('team-a'), stack.service, SCOPE)

function kidOf(token: string): string {
  const header = Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()
  return (JSON.parse(header) as { kid: string }).kid
}

interface ListedKey {
  readonly kid: string
  readonly file: string
  readonly state: string
}

async function listKeys(stack: Stack): Promise<readonly ListedKey[]> {
  const listing = JSON.parse(await keys(stack, 'list', '-o', 'json')) as { keys: ListedKey[] }
  return listing.keys
}

/** Makes the next key; gives its kid once tokens are signed with it. */
async function rotate(
  stack: Stack,
  ahead: number,
  whilePublished: () => Promise<void> = () => Promise.resolve(),
) {
  const before = kidOf(await tokenOf(stack))
  const begin = performance.now()
  await keys(stack, 'rotate')
  await whilePublished()
  await until('the new key signs', 3 * ahead * 1000, async () => {
    return kidOf(await tokenOf(stack)) !== before
  })
  // Certificates know whole seconds.
  assert.ok(performance.now() - begin > (ahead - 1) * 1000, 'it was published before it signed')
  return kidOf(await tokenOf(stack))
}

const tags = (port: number, token: string) =>
  ask(port, `/v2/${REPOSITORY}/tags/list`, { headers: { authorization: `Bearer ${token}` } })

describe('rotation under load, registries that trust the CA', () => {
  let stack: Stack
  let old: Registry
  let cranes: ReadonlyMap<string, CraneClient>

  before(async () => {
    stack = await startStack({
      ...({ registry: '3', registryAuth: true, envoy: true } as const),
      environment: environment(AHEAD),
    })
    old = await startRegistry({
      ...{ generation: '2.8', issuer: 'rauth', service: stack.service },
      certificates: await readFile(path.join(stack.keysDirectory, 'ca.crt'), 'utf8'),
      realm: `http://localhost:${stack.token}/token`,
    })
    const login = stack.login('team-a')
    cranes = new Map([
      [stack.registry, await craneClient(stack.registry, login)],
      [`localhost:${old.port}`, await craneClient(`localhost:${old.port}`, login)],
    ])
    for (const [registry, crane] of cranes) {
      const pushed = await crane.push('an image', `${registry}/${REPOSITORY}:v1`)
      assert.equal(pushed.code, 0, pushed.output)
    }
  })
  after(async () => {
    for (const crane of cranes.values()) await crane.remove()
    await old.stop()
    await stack.stop()
  })

  let second = ''
  let secondToken = ''

  it('two rotations, no restart, no failed pull', async (context) => {
    const common = {
      ...{ token: stack.token, service: stack.service, login: stack.login('team-a') },
      repository: REPOSITORY,
    }
    const pulls = new Map<string, Pulls>()
    for (const [name, port] of [
      ['Envoy', stack.entry],
      ['registry 3', stack.upstream],
      ['registry 2.8', old.port],
    ] as const) {
      pulls.set(name, pullOverAndOver({ ...common, port, reuse: 0 }))
      pulls.set(`${name}, kept tokens`, pullOverAndOver({ ...common, port, reuse: 20_000 }))
    }
    for (const [registry, crane] of cranes) {
      pulls.set(`crane ${registry}`, craneOverAndOver(crane, `${registry}/${REPOSITORY}:v1`))
    }
    try {
      const first = kidOf(await tokenOf(stack))
      const firstToken = await tokenOf(stack)
      second = await rotate(stack, AHEAD)
      secondToken = await tokenOf(stack)
      await untilPulled(pulls, 5)
      const third = await rotate(stack, AHEAD)
      await untilPulled(pulls, 5)
      assert.equal(new Set([first, second, third]).size, 3)
      for (const port of [stack.entry, stack.upstream, old.port]) {
        assert.equal((await tags(port, firstToken)).status, 200, 'an old token lives on')
      }
    } finally {
      await stopAll(pulls)
    }
    assertNoFailure(context, pulls, 10)
  })

  it('publishes all three keys, and prunes none that is needed', async () => {
    const listed = await listKeys(stack)
    const jwks = JSON.parse((await ask(stack.token, '/jwks.json')).body) as {
      keys: { kid: string }[]
    }
    const kids = (of: readonly { kid: string }[]) => of.map(({ kid }) => kid)
    assert.deepEqual(kids(listed), kids(jwks.keys))
    const states = listed.map(({ state }) => state)
    assert.deepEqual(states, ['signs', 'verifies', 'verifies'])
    assert.doesNotMatch(await keys(stack, 'rotate', '--prune'), /^removed/m)
    const through = await ask(stack.entry, '/.well-known/openid-configuration')
    const { jwks_uri: uri } = JSON.parse(through.body) as { jwks_uri: string }
    assert.deepEqual(await (await fetch(uri)).json(), jwks)
  })

  const drop = async ({ file }: ListedKey) => {
    await rm(file)
    await rm(file.replace(/key$/, 'crt'))
  }

  it('a dropped key ends its tokens at the gateway at once, and no others', async (context) => {
    const current = await tokenOf(stack)
    assert.equal((await tags(stack.entry, secondToken)).status, 200)
    const key = (await listKeys(stack)).find(({ kid }) => kid === second) ?? assert.fail()
    const begin = performance.now()
    await drop(key)
    await promised('the end of its tokens', 1000, async () => {
      return (await tags(stack.entry, secondToken)).status === 401
    })
    context.diagnostic(`first 401 after ${(performance.now() - begin).toFixed(0)} ms`)
    assert.match((await tags(stack.entry, secondToken)).body, /token_invalid/)
    assert.equal((await tags(stack.entry, current)).status, 200)
  })

  it('in an emergency the next key signs as soon as those before it are gone', async (context) => {
    const stolen = await tokenOf(stack)
    await keys(stack, 'rotate')
    const [next, ...others] = await listKeys(stack)
    assert.ok(next !== undefined && others.length > 0)
    const begin = performance.now()
    for (const key of others) await drop(key)
    await promised('the end of the stolen key', 1000, async () => {
      return (await tags(stack.entry, stolen)).status === 401
    })
    context.diagnostic(`first 401 after ${(performance.now() - begin).toFixed(0)} ms`)
    // It may have looked while some of them were gone and others were not.
    let fresh = ''
    await promised('the next key signs', 1000, async () => {
      fresh = await tokenOf(stack)
      return kidOf(fresh) === next.kid
    })
    for (const port of [stack.entry, stack.upstream, old.port]) {
      assert.equal((await tags(port, fresh)).status, 200)
    }
    // SECURITY.md: a registry trusts every leaf of the CA for as long as its certificate lasts.
    assert.equal((await tags(stack.upstream, stolen)).status, 200)
  })
})

describe('rotation with a registry that has a jwks file', () => {
  let stack: Stack
  let registry: Registry
  let front: Forwarder
  let storage: string
  let crane: CraneClient

  const start = async () =>
    startRegistry({
      ...{ generation: '3', issuer: 'rauth', service: stack.service, realm: stack.realm },
      ...{ jwks: await keys(stack, 'jwks'), storage },
    })

  before(async () => {
    storage = await mkdtemp(path.join(os.tmpdir(), 'rauth-images-'))
    stack = await startStack({
      ...({ registry: '3', registryAuth: true, envoy: false, x5c: false } as const),
      environment: environment(LONG_AHEAD),
    })
    registry = await start()
    front = await startForwarder(registry.port)
    crane = await craneClient(`localhost:${front.port}`, stack.login('team-a'))
    const pushed = await crane.push('an image', `localhost:${front.port}/${REPOSITORY}:v1`)
    assert.equal(pushed.code, 0, pushed.output)
  })
  after(async () => {
    await crane.remove()
    front.close()
    await registry.stop()
    await stack.stop()
    await rm(storage, { recursive: true, force: true })
  })

  it('no failed pull when it is replaced before the new key signs', async (context) => {
    const common = {
      ...{ port: front.port, token: stack.token, service: stack.service },
      ...{ login: stack.login('team-a'), repository: REPOSITORY },
    }
    const pulls = new Map<string, Pulls>([
      ['each its token', pullOverAndOver({ ...common, reuse: 0 })],
      ['kept tokens', pullOverAndOver({ ...common, reuse: 20_000 })],
      ['crane', craneOverAndOver(crane, `localhost:${front.port}/${REPOSITORY}:v1`)],
    ])
    try {
      const before = kidOf(await tokenOf(stack))
      await rotate(stack, LONG_AHEAD, async () => {
        // As a Deployment does: the new one is ready, then the old one goes.
        const next = await start()
        front.to(next.port)
        await untilPulled(pulls, 3)
        assert.equal(kidOf(await tokenOf(stack)), before, 'all of it before the new key signs')
        await registry.stop()
        registry = next
      })
      await untilPulled(pulls, 5)
    } finally {
      await stopAll(pulls)
    }
    assertNoFailure(context, pulls, 10)
  })

  it('without that, tokens of the new key fail', async () => {
    const before = await tokenOf(stack)
    await rotate(stack, LONG_AHEAD)
    const token = await tokenOf(stack)
    assert.equal((await tags(front.port, token)).status, 401)
    assert.equal((await tags(front.port, before)).status, 200, 'those of the old one do not')
    assert.notEqual((await crane.pull(`localhost:${front.port}/${REPOSITORY}:v1`)).code, 0)
  })
})
