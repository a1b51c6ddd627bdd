import type { Asker } from '../../src/policy/asker.ts'
import type { Holder } from '../../src/subject.ts'

/** Whoever holds these; of none: nobody. From nowhere unless more is said. */
export function askerOf(holders: readonly Holder[], more: Partial<Asker> = {}): Asker {
  const account = holders.length === 0 ? '' : 'someone'
  return { account, holders, service: 'internal-registry.io', address: undefined, ...more }
}
