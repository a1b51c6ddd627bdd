import { messageOf } from '../errors.ts'
import type { DecisionEvent, RecordDecision } from '../event.ts'
import { refusalKind } from '../refusal.ts'

/** Something that is made of decisions, each told once, as it is answered. Never waits. */
export interface Sink {
  /** Of a closed set: it is counted by. */
  readonly name: string
  readonly take: RecordDecision
  /** No decision is answered that it could not take: the client gets a 503 instead. */
  readonly required?: true
}

/**
 * Tells every sink of each decision, those that are required first. What one of the others throws changes no
 * answer and keeps the decision from no other sink; it goes to `onFailure`. What a required one throws is
 * thrown, since that changes the answer: all sinks are told of what it becomes.
 */
export function recordTo(
  sinks: readonly Sink[],
  onFailure: (sink: string, thrown: unknown) => void,
): RecordDecision {
  const required = sinks.filter((sink) => sink.required === true)
  const others = sinks.filter((sink) => sink.required !== true)

  function offer({ name, take }: Sink, event: DecisionEvent): void {
    try {
      take(event)
    } catch (thrown) {
      onFailure(name, thrown)
    }
  }

  return (event) => {
    try {
      for (const { take } of required) take(event)
    } catch (thrown) {
      const answered = unrecorded(event, messageOf(thrown))
      for (const sink of sinks) offer(sink, answered)
      throw thrown
    }
    for (const sink of others) offer(sink, event)
  }
}

/** What the client is answered in place of a decision that can't be recorded. */
function unrecorded(event: DecisionEvent, detail: string): DecisionEvent {
  const reason = 'unrecorded'
  return { ...event, outcome: 'failed', status: refusalKind(reason).http, reason, detail }
}
