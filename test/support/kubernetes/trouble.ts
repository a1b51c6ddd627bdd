import assert from 'node:assert/strict'
import { TIMINGS } from '../../../src/adapters/kubernetes/follow/timings.ts'
import { SHORT, type Following } from './following.ts'

/**
 * How long a fault lasts, seconds. Set to a minute or more, rauth's own times count in place of those that
 * tests can wait for: see CONTRIBUTING.md.
 */
export const SECONDS = Number(process.env['FAULT_SECONDS'] ?? 5)

/** The same in milliseconds. */
export const LASTS = SECONDS * 1_000

export const timings = SECONDS >= 60 ? TIMINGS : SHORT

/** Until rauth has it right again once the API server answers, milliseconds: as docs/kubernetes.md says. */
export const RECOVERY = timings.backoff[1] + timings.patience + 2_000

/** Namespaces whose Secrets nobody touches. */
export const STEADY: readonly string[] = ['steady-a', 'steady-b', 'steady-c']

export const login = (namespace: string, password = 'canary') => ({ username: namespace, password })

/** Whether what nobody touches was right all the time. */
export interface Vigil {
  /** Fails if it was not. */
  end(): void
}

export function startVigil({ store, accepts }: Following): Vigil {
  const wrong = new Set<string>()
  const watching = setInterval(() => {
    if (!store.ready()) wrong.add('not ready')
    for (const name of STEADY) if (!accepts(name, 'canary')) wrong.add(name)
  }, 5)
  return {
    end() {
      clearInterval(watching)
      assert.deepEqual([...wrong], [], 'wrong answers')
    },
  }
}

/** Requests to the API server until now. */
export function asked({ answers }: Following): number {
  return Object.values(answers).reduce((sum, count) => sum + count, 0)
}

/** Not more requests since then than a fault may cost: the waits between grow. */
export function assertBounded(following: Following, before: number): void {
  const most = 12 + LASTS / (timings.backoff[1] / 2)
  const found = asked(following) - before
  assert.ok(found <= most, `${found} requests, more than ${most}`)
}

/** Collects what no test may leave: promises that nobody looked after. */
export function collectRejections(): { end(): void } {
  const found: unknown[] = []
  const listener = (reason: unknown) => found.push(reason)
  process.on('unhandledRejection', listener)
  return {
    end() {
      process.off('unhandledRejection', listener)
      assert.deepEqual(found, [])
    },
  }
}
