import type { Registry } from 'prom-client'
import { gaugeBy } from './gauges.ts'

/** What is read again while rauth runs. */
export type ReadAgain = 'configuration' | 'keys' | 'policy' | 'secrets' | 'tls' | 'users'

export interface ReloadMetrics {
  /** From now on tells whether something that is read again is refused; `problem`: what is wrong with it, by then. */
  observeReload(what: ReadAgain, problem: () => string | undefined): void
}

export function createReloadMetrics(registry: Registry): ReloadMetrics {
  const sources: (readonly [ReadAgain, () => string | undefined])[] = []
  gaugeBy(
    registry,
    {
      ...{ name: 'rauth_reload_refused', label: 'what', merged: 'max' },
      help: 'Whether what is there to be read now cannot be used (1), so that what was read before counts.',
    },
    () => {
      const refused = new Map<string, number>()
      for (const [what, problem] of sources) {
        refused.set(what, Math.max(refused.get(what) ?? 0, problem() === undefined ? 0 : 1))
      }
      return refused
    },
  )
  return {
    observeReload(what, problem) {
      sources.push([what, problem])
    },
  }
}
