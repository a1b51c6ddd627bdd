import { setTimeout as sleep } from 'node:timers/promises'
import type { Target } from '../support/prometheus/prometheus.ts'
import { startServing, type Serving, type ServingOptions } from '../support/serving.ts'

/** What a trouble is brought about with; all of it ends with the drill. */
export interface Scene {
  /** A folder of its own. */
  readonly home: string
  /** A rauth, whose metrics are looked at. */
  readonly serve: (options: ServingOptions) => Promise<Serving>
  /** More metrics to look at, by their port. */
  readonly watch: (port: number) => void
  /** Does this again and again; what it throws is part of the trouble. */
  readonly again: (pause: number, act: () => Promise<unknown>) => void
  /** Called at the end; the last comes first. */
  readonly onEnd: (close: () => unknown) => void
}

/** Something that goes wrong, at parts that are real, and what should wake somebody then. */
export interface Trouble {
  readonly what: string
  readonly alerts: readonly string[]
  /** Resolves once it has begun. */
  readonly begin: (scene: Scene) => Promise<void>
}

export interface OpenScene extends Scene {
  readonly targets: readonly Target[]
  readonly end: () => Promise<void>
}

/** Each scene is in a namespace of its own, as each installation is: some rules look at one at a time. */
export function openScene(home: string, namespace: string): OpenScene {
  const targets: Target[] = []
  const watch = (port: number) => {
    targets.push({ port, labels: { namespace, pod: `${namespace}-rauth-${targets.length}` } })
  }
  const closing: (() => unknown)[] = []
  const stop = new AbortController()
  const going: Promise<void>[] = []

  async function repeat(pause: number, act: () => Promise<unknown>): Promise<void> {
    while (!stop.signal.aborted) {
      await act().catch(() => undefined)
      await sleep(pause, undefined, { signal: stop.signal }).catch(() => undefined)
    }
  }
  return {
    ...{ home, targets, watch },
    async serve(options) {
      const serving = await startServing(options)
      closing.push(() => serving.stop())
      watch(serving.operations)
      return serving
    },
    again: (pause, act) => void going.push(repeat(pause, act)),
    onEnd: (close) => void closing.push(close),
    async end() {
      stop.abort()
      await Promise.all(going)
      for (const close of closing.reverse()) await close()
    },
  }
}
