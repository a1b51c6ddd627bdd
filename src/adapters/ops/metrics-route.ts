import type { Metrics } from './metrics.ts'
import type { OperationsRoute } from './route.ts'

/** `/metrics`, for Prometheus. */
export function metricsRoute(metrics: Pick<Metrics, 'contentType' | 'render'>): OperationsRoute {
  return {
    path: '/metrics',
    async answer() {
      const headers = { 'Content-Type': metrics.contentType }
      return { status: 200, headers, body: await metrics.render() }
    },
  }
}
