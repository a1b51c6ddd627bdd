import type { DecisionEvent } from '../../../src/event.ts'

/** A check that was allowed, with what a test is about over it. */
export function decisionEvent(parts: Partial<DecisionEvent> = {}): DecisionEvent {
  return {
    ...{ id: 'd-1', half: 'gateway', outcome: 'allowed', status: 200, duration: 0.5 },
    ...{ account: 'team-a', namespaces: ['team-a'], requested: 'repository:team-a/app:pull' },
    ...parts,
  }
}

/** One that was denied. */
export function deniedEvent(parts: Partial<DecisionEvent> = {}): DecisionEvent {
  return decisionEvent({
    ...{ outcome: 'refused', status: 403, reason: 'access_denied' },
    ...parts,
  })
}
