import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { missingHere } from '../../tools/test/clients.ts'
import { tokenRequestsOf } from '../support/decisions.ts'
import { dockerClient, type DockerClient, type DockerCommand } from '../support/docker.ts'
import { startDockerd, type Engine } from '../support/engine.ts'
import { refused, succeeded } from '../support/expect.ts'
import { startStack, type Stack, type StackOptions } from '../support/stack.ts'

/** Both deployments, with a registry of each generation. */
const STACKS: readonly (readonly [name: string, options: StackOptions])[] = [
  ['Envoy, registry 3', { registry: '3', registryAuth: true, envoy: true }],
  ['no Envoy, registry 2.8', { registry: '2.8', registryAuth: true, envoy: false }],
]

/** The engine's own command line and a newer one. */
const COMMANDS: readonly DockerCommand[] = ['docker20', 'docker28']

const environment = { RAUTH_POLICY_PUBLIC: 'team-b/public/**' }

/** What the engine says of a pull of which it had nothing. */
const WHOLE = /Pull complete[^]*Downloaded newer image/

describe('docker', () => {
  let engine: Engine
  before(async () => {
    engine = await startDockerd()
  })
  after(() => engine.stop())

  for (const [deployment, options] of STACKS) {
    describe(deployment, () => {
      let stack: Stack
      before(async () => {
        stack = await startStack({ ...options, environment })
      })
      after(() => stack.stop())
      for (const command of COMMANDS) {
        describe(command, { skip: missingHere(command, process.env) }, () => {
          withPassword(command, () => stack)
        })
      }
    })

    describe(`${deployment}, refresh tokens`, () => {
      let stack: Stack
      before(async () => {
        const refresh = { RAUTH_TOKEN_REFRESH_ENABLED: 'true' }
        stack = await startStack({ ...options, environment: { ...environment, ...refresh } })
      })
      after(() => stack.stop())
      for (const command of COMMANDS) {
        const skip = missingHere(command, process.env)
        it(`${command} pushes and pulls with what it was given for the password`, { skip }, () =>
          withIdentityToken(command, stack),
        )
      }
    })
  }

  function withPassword(command: DockerCommand, stackOf: () => Stack): void {
    let stack: Stack
    let own: DockerClient
    let other: DockerClient
    const image = (repository: string, tag: string = command) =>
      `${stack.registry}/${repository}:${tag}`

    before(async () => {
      stack = stackOf()
      own = await dockerClient(command, engine)
      other = await dockerClient(command, engine)
      succeeded(await other.login(stack.registry, stack.login('team-b')))
      succeeded(await other.push(`private ${command}`, image('team-b/app')))
      succeeded(await other.push(`public ${command}`, image('team-b/public/app')))
    })
    after(async () => {
      await own.remove()
      await other.remove()
    })

    it('logs in with the right password only, and keeps that', async () => {
      const { username, password } = stack.login('team-a')
      const wrong = await own.login(stack.registry, { username, password: `${password}x` })
      refused(wrong, /unauthorized: incorrect username or password/)
      const asked = await tokenRequestsOf(stack, async () => {
        succeeded(await own.login(stack.registry, { username, password }))
      })
      assert.ok(asked.length > 0)
      // A refresh token, which it asks for, would take the place of the password.
      assert.deepEqual(await own.kept(stack.registry), {
        auth: Buffer.from(`${username}:${password}`).toString('base64'),
      })
    })

    it('pushes its own image and pulls it', async () => {
      succeeded(await own.push(`own ${command}`, image('team-a/app')))
      const pulled = await own.pull(image('team-a/app'))
      succeeded(pulled)
      assert.match(pulled.output, WHOLE)
    })

    it("is refused another namespace's repository, and says so", async () => {
      refused(await own.pull(image('team-b/app')), /denied: requested access to the resource/)
      const pushed = await own.push(`evil ${command}`, image('team-b/app', 'evil'))
      refused(pushed, /denied: requested access to the resource/)
      refused(await own.push(`evil ${command}`, image('team-b/public/app', 'evil')), /denied/)
      succeeded(await other.pull(image('team-b/app')))
    })

    it('uploads what it may not mount', async () => {
      succeeded(await other.pull(image('team-b/app')))
      succeeded(await own.docker('tag', image('team-b/app'), image('team-a/mounted')))
      const asked = await tokenRequestsOf(stack, async () => {
        succeeded(await own.docker('push', image('team-a/mounted')))
      })
      const mount = asked.find(({ requested = '' }) => /team-b\/app:pull/.test(requested))
      assert.equal(mount?.granted, 'repository:team-a/mounted:pull,push', JSON.stringify(asked))
      await other.docker('rmi', image('team-b/app'))
      const pulled = await own.pull(image('team-a/mounted'))
      succeeded(pulled)
      assert.match(pulled.output, WHOLE)
    })

    it('pulls what is public without a login, and nothing else', async () => {
      const nobody = await dockerClient(command, engine)
      try {
        const pulled = await nobody.pull(image('team-b/public/app'))
        succeeded(pulled)
        assert.match(pulled.output, WHOLE)
        refused(await nobody.pull(image('team-b/app')), /unauthorized: authentication required/)
        const pushed = await nobody.push(`evil ${command}`, image('team-b/public/app', 'evil'))
        refused(pushed, /unauthorized|denied|no basic auth credentials/)
      } finally {
        await nobody.remove()
      }
    })
  }

  async function withIdentityToken(command: DockerCommand, stack: Stack): Promise<void> {
    const docker = await dockerClient(command, engine)
    const image = (repository: string, tag: string = command) =>
      `${stack.registry}/${repository}:${tag}`
    try {
      succeeded(await docker.login(stack.registry, stack.login('team-a')))
      const kept = await docker.kept(stack.registry)
      assert.match(kept?.['identitytoken'] ?? '', /^ey/)
      assert.equal(Buffer.from(kept?.['auth'] ?? '', 'base64').toString(), 'team-a:')

      const asked = await tokenRequestsOf(stack, async () => {
        succeeded(await docker.push(`by refresh token ${command}`, image('team-a/app')))
        const pulled = await docker.pull(image('team-a/app'))
        succeeded(pulled)
        assert.match(pulled.output, WHOLE)
      })
      assert.deepEqual(new Set(asked.map(({ method }) => method)), new Set(['POST']))
      assert.ok(asked.every(({ account }) => account === 'team-a'))
      refused(await docker.push(`evil ${command}`, image('team-b/app', 'evil')), /denied/)
    } finally {
      await docker.remove()
    }
  }
})
