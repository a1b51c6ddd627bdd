import os from 'node:os'
import { readSmallFile } from '../adapters/file/small-file.ts'
import type { HealthPart } from '../adapters/ops/health.ts'
import { LIVE_VIEW, type LiveView } from '../adapters/live-view/live-view.ts'
import { LIVE_VIEW_TOKEN, TOKEN_WORDS } from '../config/live-view-schema.ts'
import type { Config } from '../config/schema.ts'
import { messageOf, RauthError } from '../errors.ts'
import { Redacted } from '../redacted.ts'
import { listedKeys } from '../token/listed-key.ts'
import { VERSION } from '../version.ts'
import { askLive } from './asking/ask-live.ts'
import { onAnswerFailure, type Common } from './common.ts'
import type { Role } from './role.ts'

export interface LiveViewParts {
  /** What the halves are made of now. */
  readonly current: () => Common
  /** How each part of rauth is. */
  readonly health: () => readonly HealthPart[]
  readonly role: Role
}

/** The live view, where it is enabled. Throws ERR_CONFIG_INVALID for a token file that can't be used. */
export async function openLiveView({
  current,
  health,
  role,
}: LiveViewParts): Promise<LiveView | undefined> {
  const common = current()
  const { config, liveFeed: feed, decisions, newId, log, clock } = common
  const { identity, keys, signingKeys } = common
  if (feed === undefined) return undefined
  const token = tokenOf(config.liveView)
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
      health: health().map(({ name, ready, trouble }) => ({
        ...{ name, ready: ready?.() ?? true, trouble: trouble?.() },
      })),
    }),
  })
}

/** The token of now; nothing where none is configured. A file that can't be used is never none. */
function tokenOf({ token, tokenFile }: Config['liveView']) {
  if (tokenFile === undefined) return () => Promise.resolve(token)
  return async () => {
    const text = await readSmallFile(tokenFile).catch((cause: unknown) => {
      throw unusable(tokenFile, `cannot be read (${messageOf(cause)}): see that rauth may read it`)
    })
    const found = text.toString('utf8').replace(/\r?\n$/, '')
    if (!LIVE_VIEW_TOKEN.test(found)) throw unusable(tokenFile, TOKEN_WORDS)
    return new Redacted(found)
  }
}

function unusable(file: string, words: string): RauthError {
  return new RauthError('ERR_CONFIG_INVALID', `liveView.tokenFile ${file} ${words}`)
}
