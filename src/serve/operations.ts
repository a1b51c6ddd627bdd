import { listenHttp, type Listener } from '../adapters/listen.ts'
import { createOperationsServer } from '../adapters/ops/server.ts'
import { onAnswerFailure, onPortError } from './common.ts'
import type { ConfigReloads } from './config-reloads.ts'
import type { Halves } from './halves.ts'

export interface OperationsPort {
  readonly current: () => Halves
  readonly reloads: Pick<ConfigReloads, 'problem'>
  /** False once rauth is to stop. */
  readonly running: () => boolean
}

/** Opens the port that tells the cluster how rauth is. Throws ERR_LISTEN. */
export function openOperations({ current, reloads, running }: OperationsPort): Promise<Listener> {
  const { common } = current()
  const { metrics, decisions, store, keys, identity, tls } = common
  const server = createOperationsServer({
    ...{ metrics, decisions },
    parts: {
      credentials: () => store.ready(),
      keys: () => keys.ready(),
      running,
    },
    troubles: {
      config: reloads.problem,
      ...identity.troubles,
      keys: () => keys.problem(),
      policy: () => current().common.policySource.problem(),
      ...tls.troubles(),
    },
    onFailure: onAnswerFailure(common),
  })
  return listenHttp(server, common.config.listen.operations, onPortError(common))
}
