import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { missingHere } from '../../../tools/test/clients.ts'
import type { Login } from '../../../tools/stack/secret-manifest.ts'
import { craneClient } from '../../support/clients.ts'
import { criPull } from '../../support/containerd.ts'
import { podmanClient, skopeoClient } from '../../support/containers.ts'
import { tokenRequestsOf } from '../../support/decisions.ts'
import { startContainerd, type Engine } from '../../support/engine.ts'
import { refused, succeeded } from '../../support/expect.ts'
import { signAgain } from '../../support/kubernetes/account-tokens.ts'
import { kubelet, type Kubelet, type PulledWith } from '../../support/kubelet.ts'
import { rightsOf } from '../../support/kubernetes/rights.ts'
import {
  startServiceAccountStack,
  type ServiceAccountStack,
} from '../../support/service-account-stack.ts'

const OWNERS = ['team-a', 'team-b'] as const

/** Both deployments, with a registry of each generation, and both programs for nodes. */
const DEPLOYMENTS = [
  { name: 'Envoy, registry 3', registry: '3', envoy: true, provider: 'script' },
  { name: 'no Envoy, registry 2.8', registry: '2.8', envoy: false, provider: 'bundle' },
] as const

const OUT_OF_REACH = /403 Forbidden|insufficient_scope: authorization failed/
const NOBODY = /failed to fetch oauth token: unexpected status: 401 Unauthorized/

/**
 * From a pod to its image: the kubelet's own code gets the token from a real API server, runs the provider and
 * has what it gives; a real containerd pulls with that, by the call that the kubelet makes.
 */
describe(
  'pods that pull without a Secret',
  { skip: missingHere('containerd', process.env) },
  () => {
    let engine: Engine
    before(async () => {
      engine = await startContainerd()
    })
    after(() => engine.stop())

    for (const { name, provider, ...options } of DEPLOYMENTS) {
      describe(name, () => {
        let all: ServiceAccountStack
        let node: Kubelet
        const image = (repository: string) => `${all.stack.registry}/${repository}:v1`

        before(async () => {
          const accounts = OWNERS.map((namespace) => ({ namespace, name: 'app' }))
          all = await startServiceAccountStack({ ...options, accounts })
          const { cluster, stack } = all
          await rightsOf(cluster.api, 'credential-provider/rbac.yaml')
          const nodeName = 'node-1'
          for (const owner of OWNERS) {
            await cluster.api.expect('POST', `/api/v1/namespaces/${owner}/pods`, {
              metadata: { name: 'app-0' },
              spec: {
                ...{ nodeName, serviceAccountName: 'app' },
                containers: [{ name: 'app', image: image(`${owner}/app`) }],
              },
            })
            const crane = await craneClient(stack.registry, stack.login(owner))
            succeeded(await crane.push(owner, image(`${owner}/app`)))
            await crane.remove()
          }
          node = await kubelet(cluster, {
            ...{ node: nodeName, provider },
            configure: (example) =>
              example
                .replace('matchImages: [registry.example]', `matchImages: ['${stack.registry}']`)
                .replace('--registry=registry.example', `--registry=${stack.registry}`),
          })
          for (const owner of OWNERS) {
            const pod = { namespace: owner, name: 'app-0' }
            await node.untilCredentialsFor(pod, image(`${owner}/app`))
          }
        })
        after(async () => {
          await node.remove()
          await all.stop()
        })

        const credentialsOf = (owner: string, repository: string): Promise<PulledWith> =>
          node.credentialsFor({ namespace: owner, name: 'app-0' }, image(repository))

        async function loginOf(owner: string, repository: string): Promise<Login> {
          const { credentials, log } = await credentialsOf(owner, repository)
          return credentials[0]?.[0] ?? assert.fail(log)
        }

        async function pull(owner: string, repository: string) {
          return criPull(engine, image(repository), await loginOf(owner, repository))
        }

        it('have the images of their own namespace, by POST', async () => {
          for (const owner of OWNERS) {
            const asked = await tokenRequestsOf(all.stack, async () => {
              const pulled = await pull(owner, `${owner}/app`)
              succeeded(pulled)
              assert.match(pulled.output, /"imageRef": "sha256:[0-9a-f]{64}"/)
            })
            assert.deepEqual(
              asked.map(({ method, account }) => [method, account]),
              asked.map(() => ['POST', `system:serviceaccount:${owner}:app`]),
            )
          }
        })

        it('have none of another namespace', async () => {
          refused(await pull('team-a', 'team-b/app'), OUT_OF_REACH)
          refused(await pull('team-b', 'team-a/app'), OUT_OF_REACH)
        })

        it('have none with a token that has ended, or is for somebody else', async () => {
          const { username, password } = await loginOf('team-a', 'team-a/app')
          const now = Math.floor(Date.now() / 1000)
          for (const claims of [{ exp: now - 1 }, { aud: ['vault'] }]) {
            const other = await signAgain(all.cluster, password, claims)
            const login = { username, password: other }
            refused(await criPull(engine, image('team-a/app'), login), NOBODY)
          }
          succeeded(await criPull(engine, image('team-a/app'), { username, password }))
        })

        it('have them by GET, too, as CRI-O asks', async () => {
          const login = await loginOf('team-a', 'team-a/app')
          for (const client of [skopeoClient, podmanClient]) {
            const one = await client(all.stack.registry, login)
            try {
              const asked = await tokenRequestsOf(all.stack, async () => {
                succeeded(await one.pull(image('team-a/app')))
                refused(await one.pull(image('team-b/app')), /denied|unauthorized|authentication/i)
                refused(await one.push('new', image('team-a/app')), /denied|unauthorized|authentication|forbidden/i) // prettier-ignore
              })
              assert.deepEqual([...new Set(asked.map(({ method }) => method))], ['GET'])
            } finally {
              await one.remove()
            }
          }
        })

        it('leave nothing of a token in a log', async () => {
          const { password } = await loginOf('team-a', 'team-a/app')
          succeeded(
            await criPull(engine, image('team-a/app'), { username: 'serviceaccount', password }),
          )
          const { stack } = all
          const logs = [await stack.rauthLog(), await stack.registryLog()]
          if (options.envoy) logs.push(await stack.envoyLog())
          for (const part of password.split('.').slice(1)) assert.ok(!logs.join().includes(part))
        })
      })
    }
  },
)
