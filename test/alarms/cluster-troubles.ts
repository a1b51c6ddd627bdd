import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { freePort } from '../../tools/stack/ports.ts'
import { startControlCluster, type ControlCluster } from '../support/control/cluster.ts'
import { startController, type RunningController } from '../support/control/running.ts'
import { ask, basic } from '../support/http.ts'
import { kubeconfig } from '../support/kubernetes/kubeconfig.ts'
import { rightsOf } from '../support/kubernetes/rights.ts'
import { SERVICE } from '../support/serving.ts'
import { until } from '../support/until.ts'
import type { Scene, Trouble } from './trouble.ts'

const PATIENCE = 60_000
const LOGIN = { authorization: basic('team-a', 'a long random password') }
const TOKEN = `/token?service=${SERVICE}`

const followed = (file: string) => ({
  credentials: { source: 'kubernetes', kubernetes: { kubeconfig: file } },
})

async function clusterOf({ onEnd }: Scene): Promise<ControlCluster> {
  const cluster = await startControlCluster()
  onEnd(() => cluster.stop())
  return cluster
}

async function watchedController(
  { watch, onEnd }: Scene,
  cluster: ControlCluster,
): Promise<RunningController> {
  const controller = await startController(cluster)
  onEnd(() => controller.stop())
  watch(controller.operations)
  return controller
}

/** A rauth and a controller that follow it. */
async function startBoth(scene: Scene, cluster: ControlCluster): Promise<RunningController> {
  const file = path.join(scene.home, 'kubeconfig')
  const text = kubeconfig(cluster.plane, await rightsOf(cluster.api, 'rbac.yaml'))
  await writeFile(file, text, { mode: 0o600 })
  await scene.serve({ logins: [], config: followed(file) })
  return watchedController(scene, cluster)
}

/** What goes wrong between rauth and its cluster. */
export const CLUSTER_TROUBLES: readonly Trouble[] = [
  {
    what: 'the API server hangs, under a rauth and a controller that lead',
    alerts: ['RauthCredentialsStale', 'RauthControllerStale', 'RauthControllerWithoutLeader'],
    async begin(scene) {
      const cluster = await clusterOf(scene)
      const controller = await startBoth(scene, cluster)
      await until('a leader', PATIENCE, async () =>
        (await controller.metrics()).includes('rauth_controller_leader 1'),
      )
      const { pid } = cluster.plane.apiServer
      process.kill(pid, 'SIGSTOP')
      scene.onEnd(() => process.kill(pid, 'SIGCONT'))
    },
  },
  {
    what: 'a Secret can not be used, and one of somebody else is where the controller would put its own',
    alerts: ['RauthSecretUnusable', 'RauthControllerObstructed'],
    async begin(scene) {
      const cluster = await clusterOf(scene)
      await cluster.namespace('team-c')
      await cluster.createSecret('team-c', 'registry-credentials', {
        stringData: { username: 'team-c' },
      })
      await startBoth(scene, cluster)
    },
  },
  {
    what: 'the controller may not write Secrets, and namespaces go on being made',
    alerts: ['RauthControllerFails'],
    async begin(scene) {
      const cluster = await clusterOf(scene)
      const roles = '/apis/rbac.authorization.k8s.io/v1/clusterroles'
      const role = await cluster.api.expect('GET', `${roles}/rauth-controller`)
      const rules = (role['rules'] as Rule[]).map((rule) =>
        rule.resources?.includes('secrets') === true
          ? { ...rule, verbs: ['get', 'list', 'watch'] }
          : rule,
      )
      await cluster.api.expect('PUT', `${roles}/rauth-controller`, { ...role, rules })
      await watchedController(scene, cluster)
      let made = 0
      scene.again(20_000, () => cluster.namespace(`failing-${(made += 1)}`))
    },
  },
  {
    what: 'the API server can not be reached when rauth starts, and clients log in',
    alerts: ['RauthUnsynced', 'RauthUnavailable'],
    async begin({ home, serve, again }) {
      const file = path.join(home, 'away')
      const away = { port: await freePort(), authority: '' }
      await writeFile(file, kubeconfig(away, { token: 'none' }), { mode: 0o600 })
      const { token } = await serve({ logins: [], config: followed(file), probe: '/livez' })
      again(500, () => ask(token, TOKEN, { headers: LOGIN }))
    },
  },
]

interface Rule {
  readonly resources?: readonly string[]
}
