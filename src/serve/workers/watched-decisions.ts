import type { DecisionEvent, RecordDecision } from '../../event.ts'
import type { Channel } from './channel.ts'
import type { PrimaryCalls, ToldDecision } from './messages.ts'

/** How long decisions wait for others to be told with, milliseconds. */
const DELAY = 100

/** Most that wait while the primary process is busy; past that the live view misses some. */
const MOST_WAITING = 5_000

/** Tells the primary process of decisions, some at a time and one message at a time. Never waits. */
export function createWatchedDecisions(
  primary: Pick<Channel<PrimaryCalls>, 'ask'>,
): RecordDecision {
  let waiting: ToldDecision[] = []
  let isTelling = false

  async function tell(): Promise<void> {
    const told = waiting
    waiting = []
    // What is lost here is in the log all the same.
    await primary.ask('decisions', told).catch(() => undefined)
    isTelling = false
    if (waiting.length > 0) later()
  }
  function later(): void {
    isTelling = true
    setTimeout(() => void tell(), DELAY).unref()
  }

  return (event) => {
    if (waiting.length >= MOST_WAITING) return
    waiting.push(withoutFunctions(event))
    if (!isTelling) later()
  }
}

function withoutFunctions({ why: _, ...told }: DecisionEvent): ToldDecision {
  return told
}
