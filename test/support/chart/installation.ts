import { createPortPicker, freePort } from '../../../tools/stack/ports.ts'
import { craneClient, type CraneClient, type Login } from '../clients.ts'
import { startControlPlane, type ControlPlane } from '../kubernetes/control-plane.ts'
import { startJobController, type JobController } from '../kubernetes/jobs.ts'
import { createNode, type KubernetesNode, type Pod, type PodSpec } from '../kubernetes/node.ts'
import { chartImages } from './images.ts'
import { CHART, createHelm, type Helm, type Values } from './helm-release.ts'

/** Where the chart is installed, and what as. */
export const NAMESPACE = 'registry'

type Ports = Readonly<
  Record<'token' | 'gateway' | 'gatewayHttp' | 'operations' | 'envoy' | 'registry', number>
>

/** A cluster that the chart can be installed in and run on loopback, since nobody else runs pods here. */
export interface Installation {
  readonly cluster: ControlPlane
  readonly node: KubernetesNode
  readonly jobs: JobController
  readonly helm: Helm
  /** Free ones, for values. */
  ports(): Promise<Ports>
  /** `helm install`, or `upgrade` with more arguments; hooks are run. */
  apply(how: 'install' | 'upgrade', values: Values, ...args: readonly string[]): Promise<void>
  /**
   * Runs one pod of a Deployment, as it is now. All pods have the one address of this machine: the operations port,
   * which each has, can be another.
   */
  start(deployment: string, operations?: number): Promise<Pod>
  crane(port: number, login?: Login): Promise<CraneClient>
  stop(): Promise<void>
}

export async function startInstallation(): Promise<Installation> {
  const cluster = await startControlPlane()
  const node = await createNode(cluster, await chartImages())
  const helm = await createHelm(cluster)
  await cluster.api.expect('POST', '/api/v1/namespaces', { metadata: { name: NAMESPACE } })
  // Another controller's work.
  await cluster.api.expect('POST', `/api/v1/namespaces/${NAMESPACE}/configmaps`, {
    metadata: { name: 'kube-root-ca.crt' },
    data: { 'ca.crt': cluster.authority },
  })
  const jobs = startJobController(cluster.api, node, NAMESPACE)
  const cranes: CraneClient[] = []
  const pick = createPortPicker([])
  const port = async () => pick(await freePort())
  return {
    ...{ cluster, node, jobs, helm },
    ports: async () => ({
      ...{ token: await port(), gateway: await port(), gatewayHttp: await port() },
      ...{ operations: await port(), envoy: await port(), registry: await port() },
    }),
    async apply(how, values, ...args) {
      const file = await helm.values(values)
      await helm.expect(how, 'rauth', CHART, '-n', NAMESPACE, '-f', file, ...args)
    },
    async start(deployment, operations) {
      const path = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments/${deployment}`
      const { spec } = (await cluster.api.expect('GET', path)) as {
        spec: { template: { spec: PodSpec } }
      }
      const pod = spec.template.spec
      return node.start(
        NAMESPACE,
        operations === undefined ? pod : withOperationsPort(pod, operations),
      )
    },
    async crane(at, login) {
      const crane = await craneClient(`localhost:${String(at)}`, login)
      cranes.push(crane)
      return crane
    },
    async stop() {
      for (const crane of cranes) await crane.remove()
      await jobs.stop()
      await node.stop()
      await helm.remove()
      await cluster.stop()
    },
  }
}

/** The same pod with its operations port elsewhere, if it has one. */
export function withOperationsPort(spec: PodSpec, port: number): PodSpec {
  const variable = { name: 'RAUTH_LISTEN_OPERATIONS', value: `127.0.0.1:${String(port)}` }
  return {
    ...spec,
    containers: spec.containers.map((container) => {
      const { ports = [], env = [] } = container
      if (!ports.some(({ name }) => name === 'operations')) return container
      const moved = ports.map((one) =>
        one.name === 'operations' ? { ...one, containerPort: port } : one,
      )
      return { ...container, ports: moved, env: [...env, variable] }
    }),
  }
}

/** Values that put everything of one pod on ports that are free. */
export function portValues(ports: Ports): Values {
  return {
    config: {
      ...{ port: ports.token, realm: `http://localhost:${String(ports.envoy)}/token` },
      // Nobody waits for endpoints to change.
      drainDelay: '1s',
    },
    gateway: { port: ports.gateway, httpPort: ports.gatewayHttp },
    operations: { port: ports.operations },
    envoy: { port: ports.envoy, service: { port: ports.envoy }, preStopSeconds: 0 },
    registry: { enabled: true, port: ports.registry },
  }
}
