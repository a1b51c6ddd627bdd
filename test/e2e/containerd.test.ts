import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { DecisionEvent } from '../../src/event.ts'
import { missingHere } from '../../tools/test/clients.ts'
import { criPull, ctrClient, type AuthConfig, type CtrClient } from '../support/containerd.ts'
import { tokenRequestsOf } from '../support/decisions.ts'
import { startContainerd, type Engine } from '../support/engine.ts'
import { refused, succeeded } from '../support/expect.ts'
import { ask, basic } from '../support/http.ts'
import type { RunResult } from '../support/run.ts'
import { startStack, type Stack, type StackOptions } from '../support/stack.ts'

/** Both deployments, with a registry of each generation. */
const STACKS: readonly (readonly [name: string, options: StackOptions])[] = [
  ['Envoy, registry 3', { registry: '3', registryAuth: true, envoy: true }],
  ['no Envoy, registry 2.8', { registry: '2.8', registryAuth: true, envoy: false }],
]

const environment = {
  RAUTH_POLICY_PUBLIC: 'team-b/public/**',
  RAUTH_TOKEN_REFRESH_ENABLED: 'true',
}

/** A gateway says 403, which containerd shows; a registry says 401, of which it has its own words. */
const OUT_OF_REACH = /403 Forbidden|insufficient_scope: authorization failed/
const WRONG_PASSWORD = /failed to fetch oauth token: unexpected status: 401 Unauthorized/
const NO_PASSWORD = /failed to fetch anonymous token: unexpected status: 401 Unauthorized/

const IMAGE_REFERENCE = /"imageRef": "sha256:[0-9a-f]{64}"/

const methods = (asked: readonly DecisionEvent[]) => asked.map(({ method }) => method)

describe('containerd', { skip: missingHere('containerd', process.env) }, () => {
  let engine: Engine
  before(async () => {
    engine = await startContainerd()
  })
  after(() => engine.stop())

  for (const [deployment, options] of STACKS) {
    describe(deployment, () => {
      let stack: Stack
      let own: CtrClient
      let other: CtrClient
      const image = (repository: string) => `${stack.registry}/${repository}:v1`

      before(async () => {
        stack = await startStack({ ...options, environment })
        own = await ctrClient(engine, stack.login('team-a'))
        other = await ctrClient(engine, stack.login('team-b'))
        succeeded(await other.push('private', image('team-b/app')))
        succeeded(await other.push('public', image('team-b/public/app')))
        succeeded(await own.push('own', image('team-a/app')))
      })
      after(async () => {
        await own.remove()
        await other.remove()
        await stack.stop()
      })

      describe('ctr', () => {
        it('pushes its own image and pulls it, by password grants alone', async () => {
          const asked = await tokenRequestsOf(stack, async () => {
            succeeded(await own.push('another', image('team-a/another')))
            succeeded(await own.pull(image('team-a/another')))
          })
          assert.deepEqual(new Set(methods(asked)), new Set(['POST']))
        })

        it('shows a wrong password twice, by POST and by GET, and says that it is one', async () => {
          const { username } = stack.login('team-a')
          const wrong = await ctrClient(engine, { username, password: 'wrong' })
          try {
            const asked = await tokenRequestsOf(stack, async () => {
              refused(await wrong.pull(image('team-a/app')), WRONG_PASSWORD)
            })
            assert.deepEqual(methods(asked), ['POST', 'GET'])
          } finally {
            await wrong.remove()
          }
        })

        it("is refused another namespace's repository, and says so", async () => {
          refused(await own.pull(image('team-b/app')), OUT_OF_REACH)
          refused(await own.push('evil', image('team-b/app')), OUT_OF_REACH)
          refused(await own.push('evil', image('team-b/public/app')), OUT_OF_REACH)
          succeeded(await other.pull(image('team-b/app')))
        })

        it('uploads what it may not mount', async () => {
          const { asked, pushed } = await pushAs('team-b', 'team-b/app', 'team-a/mounted')
          const mount = asked.find(({ requested = '' }) => /team-b\/app:pull/.test(requested))
          assert.equal(mount?.granted, 'repository:team-a/mounted:pull,push', JSON.stringify(asked))
          if (options.envoy) {
            succeeded(pushed)
            succeeded(await own.pull(image('team-a/mounted')))
          } else {
            // After these words of a registry containerd 1.x does not try without the mount.
            refused(pushed, /insufficient_scope: authorization failed/)
          }
        })

        it('mounts what it may pull', async () => {
          const { asked, pushed } = await pushAs('team-b', 'team-b/public/app', 'team-a/public')
          succeeded(pushed)
          const mount = asked.find(({ requested = '' }) => /team-b\/public/.test(requested))
          assert.match(mount?.granted ?? '', /repository:team-b\/public\/app:pull/)
          succeeded(await own.pull(image('team-a/public')))
        })

        /** Pulls as one namespace and pushes what that left, with its origin, as team-a. */
        async function pushAs(namespace: string, from: string, to: string) {
          succeeded(await own.pullAs(stack.login(namespace), image(from)))
          succeeded(await own.ctr('images', 'tag', image(from), image(to)))
          const pushes: RunResult[] = []
          const asked = await tokenRequestsOf(stack, async () => {
            pushes.push(await own.pushTagged(image(to)))
          })
          return { asked, pushed: pushes[0] ?? assert.fail('not pushed') }
        }

        it('pulls what is public without a password, and nothing else', async () => {
          const nobody = await ctrClient(engine)
          try {
            succeeded(await nobody.pull(image('team-b/public/app')))
            refused(await nobody.pull(image('team-b/app')), NO_PASSWORD)
            refused(await nobody.push('evil', image('team-b/public/app')), /40[13]|authorization/)
          } finally {
            await nobody.remove()
          }
        })
      })

      describe('a CRI pull, as the kubelet asks for it', () => {
        const pull = (repository: string, auth?: AuthConfig) =>
          criPull(engine, image(repository), auth)

        it('gets its own image with user name and password', async () => {
          const asked = await tokenRequestsOf(stack, async () => {
            const pulled = await pull('team-a/app', stack.login('team-a'))
            succeeded(pulled)
            assert.match(pulled.output, IMAGE_REFERENCE)
          })
          assert.deepEqual(new Set(methods(asked)), new Set(['POST']))
        })

        it('gets it with both in one field, as an old pull secret has them', async () => {
          const { username, password } = stack.login('team-a')
          const auth = Buffer.from(`${username}:${password}`).toString('base64')
          succeeded(await pull('team-a/app', { auth }))
        })

        it('is refused with a wrong password', async () => {
          const { username } = stack.login('team-a')
          refused(await pull('team-a/app', { username, password: 'wrong' }), WRONG_PASSWORD)
        })

        it("is refused another namespace's image", async () => {
          refused(await pull('team-b/app', stack.login('team-a')), OUT_OF_REACH)
        })

        it('gets what is public without credentials, and nothing else', async () => {
          const pulled = await pull('team-b/public/app')
          succeeded(pulled)
          assert.match(pulled.output, IMAGE_REFERENCE)
          refused(await pull('team-b/app'), NO_PASSWORD)
        })

        it('has no password where docker login kept a refresh token', async () => {
          const { username, password } = stack.login('team-b')
          const query = `service=${stack.service}&offline_token=true&client_id=docker`
          const answer = await ask(stack.token, `/token?${query}`, {
            headers: { authorization: basic(username, password) },
          })
          const { refresh_token } = JSON.parse(answer.body) as { refresh_token: string }
          // The kubelet knows of no identity token, which containerd would take.
          refused(await pull('team-b/app', { username }), NO_PASSWORD)
          succeeded(await pull('team-b/app', { identity_token: refresh_token }))
        })
      })
    })
  }
})
