import { until } from '../until.ts'
import type { Halves } from './halves.ts'
import type { Secrets } from './secrets.ts'

/** What happens to the namespace that is moved about, `moved`. */
export interface Moves {
  /**
   * Changes its password and waits until all is as it should be: the new one is given a token that passes
   * the gateway, and a token from before does no more. Gives the milliseconds that took.
   */
  readonly right: (limit?: number) => Promise<number>
  /** Waits until this password is given a token that passes the gateway; milliseconds. */
  readonly letIn: (password: string, limit?: number) => Promise<number>
  /** Does this and waits until the namespace has no way in: no new token, and none that it had. */
  readonly shutOut: (by: () => Promise<unknown>, limit?: number) => Promise<number>
}

/** Longer than any bound: what is later fails by that. */
const LIMIT = 240_000

export function startMoves(
  { secrets, halves }: { readonly secrets: Secrets; readonly halves: Halves },
  first: string,
): Moves {
  let password = first
  let changes = 0

  async function letIn(wanted: string, limit = LIMIT): Promise<number> {
    const took = await until(`a pull with ${wanted}`, limit, async () => {
      const token = await halves.token('moved', wanted)
      return typeof token === 'string' && (await halves.pull('moved', token)) === 200
    })
    password = wanted
    return took
  }
  const tokenBefore = async () => {
    const token = await halves.token('moved', password)
    return typeof token === 'string' ? token : undefined
  }
  async function revoked(token: string | undefined, limit: number): Promise<void> {
    if (token === undefined) return
    await until('an older token refused', limit, async () => {
      return (await halves.pull('moved', token)) === 401
    })
  }

  return {
    letIn,
    async right(limit = LIMIT) {
      const before = await tokenBefore()
      const next = `canary-right-${(changes += 1)}`
      await until('a write', LIMIT, () =>
        secrets.replace('moved', { username: 'moved', password: next }).then(
          () => true,
          () => false,
        ),
      )
      const begin = performance.now()
      await letIn(next, limit)
      await revoked(before, limit)
      return performance.now() - begin
    },
    async shutOut(by, limit = LIMIT) {
      const before = await tokenBefore()
      await by()
      const begin = performance.now()
      await until('a login refused', limit, async () => {
        return (await halves.token('moved', password)) === 401
      })
      await revoked(before, limit)
      return performance.now() - begin
    },
  }
}
