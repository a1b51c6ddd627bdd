import { visible } from '../../printable.ts'

/** What is known of an election, by a replica that stands for it. */
export interface LeaderReport {
  /** `NAMESPACE/NAME`. */
  readonly lease: string
  /** Since when neither this replica leads nor another was seen to renew the Lease, milliseconds. */
  readonly silence: number
  /** Who the Lease says leads. */
  readonly leader: string | undefined
  /** Why the Lease can't be read or written. */
  readonly problem: string | undefined
}

/** A leader that dies is followed within 20 s: this long is no change of leaders. Milliseconds. */
const TOO_LONG = 60_000

/** What is wrong when nobody leads, and so no namespace is looked after; undefined: nothing. */
export function noLeader({ lease, silence, leader, problem }: LeaderReport): string | undefined {
  if (silence < TOO_LONG) return undefined
  return `no replica leads since ${Math.floor(silence / 1000)} s: ${why()}`

  function why(): string {
    if (problem !== undefined) return `the Lease ${lease} cannot be used: ${problem}`
    if (leader === undefined) return `nobody has the Lease ${lease}; next: see the log`
    return (
      `the Lease ${lease} says that ${visible(leader.slice(0, 100))} does, who does not renew it; ` +
      `next: see who wrote it (kubectl get lease -o yaml --show-managed-fields)`
    )
  }
}
