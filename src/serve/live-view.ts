import os from 'node:os'
import type { DecisionFinder } from '../adapters/ops/decision-route.ts'
import { stateOf, type HealthPart } from '../adapters/ops/health.ts'
import { LIVE_VIEW, type LiveView } from '../adapters/live-view/live-view.ts'
import { listedKeys } from '../token/listed-key.ts'
import { VERSION } from '../version.ts'
import { askLive } from './asking/ask-live.ts'
import { onAnswerFailure, type Common } from './common.ts'
import { liveViewToken } from './live-view-token.ts'
import type { Role } from './role.ts'

export interface LiveViewParts {
  /** What the halves are made of now. */
  readonly current: () => Common
  /** How each part of rauth is. */
  readonly health: () => readonly HealthPart[]
  readonly role: Role
  readonly decisions: DecisionFinder
}

/** The live view, where it is enabled. Throws ERR_CONFIG_INVALID for a token file that can't be used. */
export async function openLiveView({
  current,
  health,
  role,
  decisions,
}: LiveViewParts): Promise<LiveView | undefined> {
  const common = current()
  const { config, liveFeed: feed, newId, log, clock } = common
  const { identity, keys, signingKeys } = common
  if (feed === undefined) return undefined
  const token = liveViewToken(config.liveView)
  const isOpen = (await token()) === undefined
  // Imported when wanted: most have none.
  const { createLiveView } = await import('../adapters/live-view/live-view.ts')
  const { issuer, service, realm } = config
  log.info(
    { path: LIVE_VIEW, for: isOpen ? 'this machine' : 'who has the token' },
    'live view on the operations port',
  )
  return createLiveView({
    ...{ feed, token, clock, process: newId(), now: () => Date.now() },
    about: { host: os.hostname(), version: VERSION, role, issuer, service, realm },
    onFailure: onAnswerFailure(common),
    findDecision: (id) => decisions.find(id),
    tables: {
      namespaces: () => identity.listed(),
      keys: () =>
        listedKeys({
          ...{ keys, signingKeys, ends: keys.ends(), now: clock() },
          publishAhead: current().config.keys.publishAhead,
        }),
      policy: () => current().policy(),
    },
    ask: (question) => askLive(current(), question),
    health: () => ({
      uptime: process.uptime(),
      health: health().map(stateOf),
    }),
  })
}
