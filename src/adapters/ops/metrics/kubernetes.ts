import { Counter, type Registry } from 'prom-client'

export interface KubernetesMetrics {
  /** A watch ended, by what kind of end. */
  readonly watchEnded: (kind: string) => void
  /** The API server answered so; 0: not at all. */
  readonly apiAnswered: (status: number) => void
}

export function createKubernetesMetrics(registry: Registry): KubernetesMetrics {
  const watchEnds = new Counter({
    name: 'rauth_kubernetes_watch_restarts_total',
    help: 'Watches that ended and began anew, by why they ended.',
    labelNames: ['end'],
    registers: [registry],
  })
  const answers = new Counter({
    name: 'rauth_kubernetes_requests_total',
    help: 'Requests to the Kubernetes API, by status of the answer; 0 is none.',
    labelNames: ['status'],
    registers: [registry],
  })
  return {
    watchEnded(end) {
      watchEnds.inc({ end })
    },
    apiAnswered(status) {
      answers.inc({ status })
    },
  }
}
