import { Registry } from 'prom-client'
import { createControllerMetrics } from '../../src/adapters/ops/controller-metrics.ts'
import { createMetrics } from '../../src/adapters/ops/metrics.ts'

/** A metric as it is documented. */
export interface KnownMetric {
  readonly name: string
  readonly type: string
  readonly labels: readonly string[]
  readonly help: string
  /** What has it. */
  readonly programs: readonly ('serve' | 'controller')[]
}

/** Every metric that rauth can have: both programs, with all that may be observed. */
export async function knownMetrics(): Promise<readonly KnownMetric[]> {
  const [serve, controller] = [new Registry(), new Registry()]
  observeAll(serve)
  observeAllOfController(controller)
  const found = new Map<string, KnownMetric>()
  for (const [program, registry] of [
    ['serve', serve],
    ['controller', controller],
  ] as const) {
    for (const one of await described(registry)) {
      const before = found.get(one.name)?.programs ?? []
      found.set(one.name, { ...one, programs: [...before, program] })
    }
  }
  return [...found.values()]
}

async function described(registry: Registry): Promise<readonly Omit<KnownMetric, 'programs'>[]> {
  const labels = new Map(
    registry.getMetricsAsArray().map((metric) => {
      const { name, labelNames = [] } = metric as { name: string; labelNames?: readonly string[] }
      return [name, labelNames] as const
    }),
  )
  const metrics = await registry.getMetricsAsJSON()
  return metrics.map(({ name, type, help }) => ({
    ...{ name, help, labels: labels.get(name) ?? [] },
    // Its types say a number, and it gives the word.
    type: String(type),
  }))
}

function observeAll(registry: Registry): void {
  const none = new Map<string, number>()
  const metrics = createMetrics(registry)
  metrics.observeKeys(() => ({ keys: none, authorities: none }))
  metrics.observeTls(() => ({ certificates: none, authorities: none }))
  metrics.observePolicy(() => ({ rules: 0, version: '' }))
  metrics.observeConfig({ at: () => 0, waiting: () => 0 })
  metrics.observeReload('configuration', () => undefined)
  metrics.observeCredentials(() => true)
  metrics.observeSecrets({
    ...{ age: () => 0, nextEnd: () => 0 },
    counts: () => ({ usable: 0, unusable: 0, ended: 0, waits: 0 }),
  })
  metrics.observeFailures(() => ({ name: 0, network: 0, token: 0 }))
  metrics.observeRedis(() => true)
  metrics.observeAudit(() => true)
  metrics.observeWorkers(() => 0)
}

function observeAllOfController(registry: Registry): void {
  const metrics = createControllerMetrics(registry)
  metrics.observe({
    ...{ isLeader: () => true, oldestPassword: () => 0, age: () => 0 },
    queue: () => ({ waiting: 0, working: 0, later: 0, failing: 0 }),
    namespaces: () => ({ in_step: 0, obstructed: 0, failing: 0 }),
  })
  metrics.observeAudit(() => true)
  metrics.observeConfig({ at: () => 0, waiting: () => 0 })
}
