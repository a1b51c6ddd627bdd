import { listenHttp, type Listener } from '../adapters/listen.ts'
import { decisionRoute } from '../adapters/ops/decision-route.ts'
import { LIVE_VIEW } from '../adapters/live-view/live-view.ts'
import { healthRoutes, type HealthPart } from '../adapters/ops/health.ts'
import { metricsRoute } from '../adapters/ops/metrics-route.ts'
import { createOperationsServer } from '../adapters/ops/server.ts'
import { onAnswerFailure, onPortError } from './common.ts'
import type { Halves } from './halves.ts'
import { openLiveView } from './live-view.ts'
import type { Role } from './role.ts'

export interface OperationsPort {
  readonly current: () => Halves
  /** How each part of rauth is. */
  readonly health: () => readonly HealthPart[]
  readonly role: Role
}

/** Opens the port that tells the cluster how rauth is, and people what it decides. Throws ERR_LISTEN. */
export async function openOperations({ current, health, role }: OperationsPort): Promise<Listener> {
  const { common } = current()
  const { metrics, decisions, config } = common
  const liveView = await openLiveView({ current: () => current().common, health, role })
  const server = createOperationsServer({
    routes: [...healthRoutes(health), metricsRoute(metrics), decisionRoute(decisions)],
    morePaths: liveView === undefined ? [] : [LIVE_VIEW],
    more: (request, response) => liveView?.handle(request, response),
    onFailure: onAnswerFailure(common),
  })
  const listener = await listenHttp(server, config.listen.operations, onPortError(common))
  return {
    ...listener,
    close(milliseconds) {
      liveView?.close()
      return listener.close(milliseconds)
    },
  }
}
