import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { hash } from '../bcrypt.ts'
import { startControlCluster, type ControlCluster } from '../control/cluster.ts'
import { startController, type RunningController } from '../control/running.ts'
import { kubeconfig } from '../kubernetes/kubeconfig.ts'
import { startLink, type Link } from '../kubernetes/link.ts'
import { rightsOf } from '../kubernetes/rights.ts'
import { startServing, type Serving } from '../serving.ts'
import { tlsAuthority } from '../tls-certificates.ts'
import { until } from '../until.ts'
import { RULES } from './chart-rules.ts'
import { startPrometheus, type Prometheus } from './prometheus.ts'
import { PASSWORD, startTraffic, type Traffic } from './traffic.ts'

/** rauth and its controller at a cluster, with everything that has a metric, clients, and a Prometheus that watches. */
export interface Watched {
  readonly cluster: ControlCluster
  readonly serving: Serving
  /** What rauth asks its cluster through. */
  readonly link: Link
  readonly prometheus: Prometheus
  readonly traffic: Traffic
  /** The file with its policy. */
  readonly policy: string
  stop(): Promise<void>
}

/** Rules, of which one is in shadow: what lies under `old` would be denied. */
const POLICY = `rules:
  - { match: { name: '*/old' }, actions: [], shadow: true }
  - { match: { namespace: '*', name: '\${namespace}/**' }, actions: ['*'] }
`

/** `interval`: seconds between scrapes. */
export async function startWatched(interval: number): Promise<Watched> {
  const home = await mkdtemp(path.join(os.tmpdir(), 'rauth-watched-'))
  const file = (name: string) => path.join(home, name)
  const closing: (() => unknown)[] = [() => rm(home, { recursive: true, force: true })]
  async function stop(): Promise<void> {
    for (const close of closing.reverse()) await close()
  }
  try {
    const cluster = await startControlCluster()
    closing.push(() => cluster.stop())
    const link = await startLink(cluster.plane)
    closing.push(() => {
      link.close()
    })
    await prepare(cluster, link, file)
    const controller = await startController(cluster)
    closing.push(() => controller.stop())
    const serving = await startServing({ logins: [], config: configOf(file) })
    closing.push(() => serving.stop())
    const traffic = startTraffic(serving)
    closing.push(() => traffic.stop())
    const prometheus = await startPrometheus({
      ...{ interval, rules: RULES },
      targets: [
        { port: serving.operations },
        { port: (controller satisfies RunningController).operations },
      ],
    })
    closing.push(() => prometheus.stop())
    return { cluster, serving, link, prometheus, traffic, policy: file('policy.yaml'), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function configOf(file: (name: string) => string): Readonly<Record<string, unknown>> {
  return {
    credentials: { source: 'kubernetes', kubernetes: { kubeconfig: file('kubeconfig') } },
    policy: { file: file('policy.yaml') },
    audit: { to: file('audit.log') },
    tls: { gatewayHttp: { certificate: file('tls.crt'), key: file('tls.key') } },
    guessing: { failures: 5, perNetwork: 1_000, window: '1m' },
  }
}

/** Namespaces with a Secret that is good, one with a hash, one that can't be used, and what rauth reads. */
async function prepare(
  cluster: ControlCluster,
  link: Link,
  file: (name: string) => string,
): Promise<void> {
  await cluster.namespace('managed')
  const secret = async (namespace: string, values: Readonly<Record<string, string>>) => {
    await cluster.namespace(namespace, {})
    await cluster.createSecret(namespace, 'registry-credentials', { stringData: values })
  }
  await secret('team-a', { username: 'team-a', password: PASSWORD })
  const passwordHash = await hash(PASSWORD, { cost: 10 })
  await secret('team-b', { username: 'team-b', passwordHash })
  await secret('team-c', { username: 'team-c' })
  const rauth = await rightsOf(cluster.api, 'rbac.yaml')
  const { certificate, key } = await (await tlsAuthority('of the gateway')).issue('rauth')
  const files = {
    ...{ kubeconfig: kubeconfig(link, rauth), 'policy.yaml': POLICY },
    ...{ 'tls.crt': certificate, 'tls.key': key },
  }
  for (const [name, text] of Object.entries(files)) await writeFile(file(name), text)
  await until('its own namespace', 20_000, async () => {
    return (await cluster.secret('team-a')) !== undefined
  })
}
