import { listenHttp, type Listener } from '../adapters/listen.ts'
import { LIVE_VIEW } from '../adapters/live-view/live-view.ts'
import { decisionRoute, type DecisionFinder } from '../adapters/ops/decision-route.ts'
import { healthRoutes, type HealthPart } from '../adapters/ops/health.ts'
import { metricsRoute } from '../adapters/ops/metrics-route.ts'
import type { RenderedMetrics } from '../adapters/ops/metrics.ts'
import { createOperationsServer } from '../adapters/ops/server.ts'
import { onAnswerFailure, onPortError, type Common } from './common.ts'
import { openLiveView } from './live-view.ts'
import type { Role } from './role.ts'

export interface OperationsPort {
  /** What decides now. */
  readonly current: () => Common
  /** How each part of rauth is. */
  readonly health: () => readonly HealthPart[]
  readonly role: Role
  /** Those of all processes; without: of this one. */
  readonly metrics?: RenderedMetrics
  readonly decisions?: DecisionFinder
}

/** Opens the port that tells the cluster how rauth is, and people what it decides. Throws ERR_LISTEN. */
export async function openOperations(options: OperationsPort): Promise<Listener> {
  const { current, health, role } = options
  const common = current()
  const { metrics = common.metrics, decisions = common.decisions } = options
  const liveView = await openLiveView({ current, health, role, decisions })
  const server = createOperationsServer({
    routes: [...healthRoutes(health), metricsRoute(metrics), decisionRoute(decisions)],
    morePaths: liveView === undefined ? [] : [LIVE_VIEW],
    more: (request, response) => liveView?.handle(request, response),
    onFailure: onAnswerFailure(common),
  })
  const listener = await listenHttp(server, common.config.listen.operations, onPortError(common))
  return {
    ...listener,
    close(milliseconds) {
      liveView?.close()
      return listener.close(milliseconds)
    },
  }
}
