import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'

/** What a look at a namespace came to. */
export type ReconcileOutcome =
  'in_step' | 'wrote' | 'would_write' | 'obstructed' | 'conflict' | 'failed'

/** How the last look at a namespace ended. */
export type NamespaceState = 'in_step' | 'obstructed' | 'failing'

/** What can be seen at any time. */
export interface ControllerFigures {
  readonly isLeader: () => boolean
  /** Namespaces in the queue, by state. */
  readonly queue: () => Readonly<Record<string, number>>
  /** Chosen namespaces, by how they stand. */
  readonly namespaces: () => Readonly<Record<NamespaceState, number>>
  /** Seconds; of the oldest password that rauth keeps. */
  readonly oldestPassword: () => number
  /** Seconds since all was known to be up to date. */
  readonly age: () => number
}

export interface ControllerMetrics {
  reconciled(outcome: ReconcileOutcome): void
  wrote(object: string, why: string): void
  readonly watchEnded: (kind: string) => void
  readonly apiAnswered: (status: number) => void
  observe(figures: ControllerFigures): void
  /** Media type of {@link ControllerMetrics.render}. */
  readonly contentType: string
  render(): Promise<string>
}

/** Labels are closed sets only: no namespace is a time series. */
export function createControllerMetrics(): ControllerMetrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const reconciles = new Counter({
    name: 'rauth_controller_reconciles_total',
    help: 'Looks at a namespace, by what they came to.',
    labelNames: ['outcome'],
    registers,
  })
  const writes = new Counter({
    name: 'rauth_controller_writes_total',
    help: 'Objects that were written, by kind and reason.',
    labelNames: ['object', 'why'],
    registers,
  })
  const watchEnds = new Counter({
    name: 'rauth_kubernetes_watch_restarts_total',
    help: 'Watches that ended and began anew, by why they ended.',
    labelNames: ['end'],
    registers,
  })
  const apiAnswers = new Counter({
    name: 'rauth_kubernetes_requests_total',
    help: 'Requests to the Kubernetes API, by status of the answer; 0 is none.',
    labelNames: ['status'],
    registers,
  })
  function gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      ...{ name, help, registers },
      collect() {
        this.set(read())
      },
    })
  }
  function gaugeBy(
    [name, label]: readonly [string, string],
    help: string,
    read: () => Readonly<Record<string, number>>,
  ): void {
    new Gauge({
      ...{ name, help, registers, labelNames: [label] },
      collect() {
        for (const [value, count] of Object.entries(read())) this.set({ [label]: value }, count)
      },
    })
  }
  return {
    reconciled(outcome) {
      reconciles.inc({ outcome })
    },
    wrote(object, why) {
      writes.inc({ object, why })
    },
    watchEnded(kind) {
      watchEnds.inc({ end: kind })
    },
    apiAnswered(status) {
      apiAnswers.inc({ status })
    },
    observe({ isLeader, queue, namespaces, oldestPassword, age }) {
      gauge('rauth_controller_leader', 'Whether this replica is the one that writes.', () =>
        isLeader() ? 1 : 0,
      )
      gaugeBy(['rauth_controller_queue', 'state'], 'Namespaces to be looked at, by state.', queue)
      gaugeBy(
        ['rauth_controller_namespaces', 'state'],
        'Chosen namespaces, by how they stand as far as this replica looked.',
        namespaces,
      )
      gauge(
        'rauth_controller_oldest_password_age_seconds',
        'Age of the oldest password that rauth keeps.',
        oldestPassword,
      )
      gauge(
        'rauth_controller_sync_age_seconds',
        'Time since all was last known to be what the Kubernetes API has.',
        age,
      )
    },
    contentType: registry.contentType,
    render: () => registry.metrics(),
  }
}
