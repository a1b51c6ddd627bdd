import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { craneClient } from '../../../support/clients.ts'
import {
  CREDENTIALS,
  startControlCluster,
  type ControlCluster,
} from '../../../support/control/cluster.ts'
import { startController, type RunningController } from '../../../support/control/running.ts'
import { kubeconfig } from '../../../support/kubernetes/kubeconfig.ts'
import { rightsOf } from '../../../support/kubernetes/rights.ts'
import {
  assertNoFailure,
  pullOverAndOver,
  stopAll,
  type PullLogin,
  type Pulls,
} from '../../../support/pulls.ts'
import { startStack, type Stack } from '../../../support/stack.ts'
import { until } from '../../../support/until.ts'

const NAMESPACES = Array.from({ length: 20 }, (_, i) => `load-${i}`)

/** Seconds. */
const OVERLAP = 10

/** How long a kubelet may go on with what it read of a Secret, milliseconds. */
const KEPT = 3_000

/** Until a rotation that waits for the end of the one before is through, milliseconds. */
const LIMIT = 120_000

describe('every password rotated twice while images are pulled in 20 namespaces', () => {
  let cluster: ControlCluster
  let stack: Stack
  let controller: RunningController
  before(async () => {
    cluster = await startControlCluster()
    const rauth = await rightsOf(cluster.api, 'rbac.yaml')
    const file = path.join(cluster.home, 'rauth')
    await writeFile(file, kubeconfig(cluster.plane, rauth), { mode: 0o600 })
    stack = await startStack({
      ...{ registry: '3', registryAuth: true, envoy: true, quiet: true },
      environment: {
        RAUTH_CREDENTIALS_SOURCE: 'kubernetes',
        RAUTH_CREDENTIALS_KUBERNETES_KUBECONFIG: file,
        ...{ RAUTH_GUESSING_FAILURES: '0', RAUTH_GUESSING_PER_NETWORK: '0' },
      },
    })
    for (const name of NAMESPACES) await cluster.namespace(name)
    controller = await startController(cluster, {
      RAUTH_CONTROLLER_OVERLAP: `${OVERLAP}s`,
      RAUTH_CONTROLLER_PUBLISH_AHEAD: '2s',
      // `registry.example` is where the tests look, too.
      RAUTH_CONTROLLER_REGISTRIES: `registry.example,${stack.registry}`,
    })
    for (const name of NAMESPACES) {
      await until(`the Secrets of ${name}`, 30_000, async () => (await login(name)) !== undefined)
      const crane = await craneClient(stack.registry, await mustLogIn(name))
      let output = ''
      // rauth follows the Secrets itself: a moment later.
      await until(`an image of ${name}`, 20_000, async () => {
        const pushed = await crane.push('an image', `${stack.registry}/${name}/app:v1`)
        output = pushed.output
        return pushed.code === 0
      }).catch((error: unknown) => assert.fail(`${String(error)}: ${output}`))
      await crane.remove()
    }
  })
  after(async () => {
    await controller.stop()
    await stack.stop()
    await cluster.stop()
  })

  const login = (namespace: string) => cluster.pullLogin(namespace)
  async function mustLogIn(namespace: string): Promise<PullLogin> {
    return (await login(namespace)) ?? assert.fail(`no pull Secret in ${namespace}`)
  }
  /** As somebody who reads the Secret now and then. */
  function kept(namespace: string): () => Promise<PullLogin> {
    let found: PullLogin | undefined
    let at = -Infinity
    return async () => {
      if (found === undefined || performance.now() - at > KEPT) {
        at = performance.now()
        found = await mustLogIn(namespace)
      }
      return found
    }
  }
  const passwords = () =>
    Promise.all(
      NAMESPACES.map(async (name) => (await cluster.secret(name))?.values['password'] ?? ''),
    )
  const ask = (name: string) =>
    cluster.patch(name, CREDENTIALS, { metadata: { annotations: { 'rauth.dev/rotate': 'true' } } })

  it('fails no pull', async (context) => {
    const pulls = new Map<string, Pulls>()
    const common = {
      ...{ port: stack.entry, token: stack.token, service: stack.service, reuse: 0, pause: 500 },
    }
    for (const name of NAMESPACES) {
      const repository = `${name}/app`
      const fresh = () => mustLogIn(name)
      pulls.set(name, pullOverAndOver({ ...common, repository, login: fresh }))
      pulls.set(`${name}, kept`, pullOverAndOver({ ...common, repository, login: kept(name) }))
    }
    const seen = NAMESPACES.map(() => new Set<string>())
    try {
      for (let round = 1; round <= 2; round += 1) {
        const before = await passwords()
        for (const [i, password] of before.entries()) seen[i]?.add(password)
        await Promise.all(NAMESPACES.map(ask))
        const took = await until(`rotation ${round}`, LIMIT, async () => {
          const now = await passwords()
          return now.every((password, i) => password !== before[i])
        })
        context.diagnostic(`rotation ${round}: all 20 after ${(took / 1000).toFixed(1)} s`)
      }
      const last = await passwords()
      for (const [i, password] of last.entries()) seen[i]?.add(password)
      await until('the end of the last overlaps', LIMIT, async () => {
        const all = await Promise.all(NAMESPACES.map((name) => cluster.secret(name)))
        return all.every((secret) => secret?.values['previousPassword'] === undefined)
      })
    } finally {
      await stopAll(pulls)
    }
    assert.deepEqual(
      seen.map(({ size }) => size),
      NAMESPACES.map(() => 3),
    )
    assertNoFailure(context, pulls, 10)
  })
})
