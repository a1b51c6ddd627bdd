import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../../src/errors.ts'
import { until } from '../until.ts'
import type { Following } from './following.ts'
import type { Halves } from './halves.ts'

/** Namespaces whose Secrets nobody touches, and the password in them. */
export const STEADY: readonly string[] = ['steady-a', 'steady-b', 'steady-c']
export const PASSWORD = 'canary'

/** Between two looks into the store, and between two rounds of questions; milliseconds. */
const LOOK = 5
const ROUND = 50

/** A token lives for five minutes; milliseconds. */
const TOKEN_AGE = 200_000

/** Looks whether what nobody touches is right all the time. */
export interface Vigil {
  /** Lets something happen while nothing is asked, after which older tokens count no more. */
  between(happening: () => void): Promise<void>
  /** Fails if something was wrong. */
  end(): Promise<void>
}

/**
 * For each namespace, again and again: its password is given a token, another one is not; that token and an
 * older one pass the gateway for the namespace's images and for no other's.
 */
export function startVigil({ store, accepts }: Following, halves: Halves): Vigil {
  const wrong = new Set<string>()
  const old = new Map<string, { readonly token: string; readonly since: number }>()
  const happenings: (() => void)[] = []
  const stop = new AbortController()
  let rounds = 0
  let longest = 0

  const looking = setInterval(() => {
    if (!store.ready()) wrong.add('not ready')
    for (const name of STEADY) if (!accepts(name, PASSWORD)) wrong.add(`${name}: not in the store`)
  }, LOOK)

  async function timed<T>(answer: Promise<T>): Promise<T> {
    const begin = performance.now()
    const value = await answer
    longest = Math.max(longest, performance.now() - begin)
    return value
  }

  async function pull(namespace: string, token: string, wanted: number, what: string) {
    const status = await timed(halves.pull(namespace, token))
    if (status !== wanted) wrong.add(`${what}: ${status}`)
  }

  async function lookAt(name: string, other: string): Promise<void> {
    const token = await timed(halves.token(name, PASSWORD))
    if (typeof token === 'number') {
      wrong.add(`a token for ${name}: ${token}`)
      return
    }
    const refused = await timed(halves.token(name, 'another'))
    if (refused !== 401) wrong.add(`another password for ${name}: no 401`)
    const kept = old.get(name)
    await pull(name, token, 200, `a token of ${name}`)
    await pull(other, token, 403, `a token of ${name} for ${other}`)
    if (kept !== undefined) await pull(name, kept.token, 200, `an older token of ${name}`)
    const now = performance.now()
    if (kept === undefined || now - kept.since > TOKEN_AGE) old.set(name, { token, since: now })
  }

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      for (const happen of happenings.splice(0)) happen()
      for (const [i, name] of STEADY.entries()) {
        const other = STEADY[(i + 1) % STEADY.length] ?? name
        await lookAt(name, other).catch((error: unknown) => {
          wrong.add(`${name}: ${messageOf(error)}`)
        })
      }
      rounds += 1
      await sleep(ROUND, undefined, { signal: stop.signal }).catch(() => undefined)
    }
  }

  const running = run()
  return {
    between: (happening) =>
      new Promise((resolve) => {
        happenings.push(() => {
          happening()
          old.clear()
          resolve()
        })
      }),
    async end() {
      await until('two rounds of questions', 20_000, () => rounds > 1)
      clearInterval(looking)
      stop.abort()
      await running
      process.stdout.write(`# ${rounds} rounds, longest answer ${longest.toFixed(0)} ms\n`)
      assert.deepEqual([...wrong], [], 'wrong answers')
    },
  }
}
