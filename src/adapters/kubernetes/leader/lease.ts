import { isMapping, type Mapping } from '../../../mapping.ts'
import { microTime } from '../micro-time.ts'

/** What a Lease of coordination.k8s.io/v1 says of who leads. */
export interface LeaseRecord {
  /** Empty: nobody. */
  readonly holder: string
  /** Seconds after a renewal; 0 if it does not say. */
  readonly duration: number
  /** When that holder took it and when it was renewed: RFC 3339, by the holder's clock. For people. */
  readonly acquired: string
  readonly renewed: string
  /** How often it went to another holder. */
  readonly transitions: number
}

/** A Lease as it is at the API server. */
export interface Lease {
  readonly object: Mapping
  readonly record: LeaseRecord
}

export function leaseIn(object: Mapping): Lease {
  const spec = isMapping(object['spec']) ? object['spec'] : {}
  const text = (key: string) => (typeof spec[key] === 'string' ? spec[key] : '')
  const count = (key: string) => {
    const value = Number(spec[key] ?? 0)
    return Number.isSafeInteger(value) && value >= 0 ? value : 0
  }
  const record = {
    ...{ holder: text('holderIdentity'), duration: count('leaseDurationSeconds') },
    ...{ acquired: text('acquireTime'), renewed: text('renewTime') },
    transitions: count('leaseTransitions'),
  }
  return { object, record }
}

/** The same object with another record; what rauth does not know of it stays. */
export function withRecord(object: Mapping, record: LeaseRecord): Mapping {
  const spec = isMapping(object['spec']) ? object['spec'] : {}
  return {
    ...object,
    spec: {
      ...spec,
      ...{ holderIdentity: record.holder, leaseDurationSeconds: record.duration },
      ...{ acquireTime: record.acquired, renewTime: record.renewed },
      leaseTransitions: record.transitions,
    },
  }
}

export interface Claim {
  readonly holder: string
  /** Seconds. */
  readonly duration: number
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** A Lease that is taken, or renewed by its holder. `before`: what it says; undefined: there is none yet. */
export function claimed(before: LeaseRecord | undefined, { holder, duration, now }: Claim) {
  const isRenewal = before?.holder === holder
  const renewed = microTime(now)
  return {
    ...{ holder, duration, renewed, acquired: isRenewal ? before.acquired : renewed },
    transitions: before === undefined ? 0 : before.transitions + (isRenewal ? 0 : 1),
  } satisfies LeaseRecord
}

/** A Lease that its holder gives back: another may take it at once. */
export function released(before: LeaseRecord, now: number): LeaseRecord {
  return { ...before, holder: '', duration: 1, renewed: microTime(now) }
}
