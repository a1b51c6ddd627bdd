import { listenHttp, type Listener } from '../adapters/listen.ts'
import { decisionRoute } from '../adapters/ops/decision-route.ts'
import { healthRoutes, type HealthPart } from '../adapters/ops/health.ts'
import { metricsRoute } from '../adapters/ops/metrics-route.ts'
import { createOperationsServer } from '../adapters/ops/server.ts'
import { onAnswerFailure, onPortError } from './common.ts'
import type { Halves } from './halves.ts'

export interface OperationsPort {
  readonly current: () => Halves
  /** How each part of rauth is. */
  readonly health: () => readonly HealthPart[]
}

/** Opens the port that tells the cluster how rauth is. Throws ERR_LISTEN. */
export function openOperations({ current, health }: OperationsPort): Promise<Listener> {
  const { common } = current()
  const { metrics, decisions, config } = common
  const server = createOperationsServer({
    routes: [...healthRoutes(health), metricsRoute(metrics), decisionRoute(decisions)],
    onFailure: onAnswerFailure(common),
  })
  return listenHttp(server, config.listen.operations, onPortError(common))
}
