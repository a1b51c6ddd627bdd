import type { ServerHttp2Session } from 'node:http2'

/** How long a session lives and how its client is known to be there; milliseconds. */
export interface SessionLife {
  /** Sessions end after this, so that clients spread over replicas that were added. */
  readonly age: number
  /** How long its calls may take to end. */
  readonly grace: number
  /**
   * How often the client is asked whether it is there: finds an Envoy that is gone without a word, a client
   * that never greets, and a session that broke, of which Node does not tell. One that has not
   * answered when it is asked again is cut.
   */
  readonly ping: number
}

/** By how much the ages of connections differ: made together, they should not end together. */
const JITTER = 0.1

/** Looks after a session until it is closed. `random`: from 0 to below 1. */
export function keepSession(
  session: ServerHttp2Session,
  life: SessionLife,
  random: () => number,
): void {
  let isAnswered = true
  const ping = setInterval(() => {
    if (!isAnswered) {
      session.destroy()
      return
    }
    isAnswered = false
    if (!session.destroyed) session.ping(() => (isAnswered = true))
  }, life.ping).unref()
  const age = setTimeout(
    () => {
      endSession(session, life.grace)
    },
    life.age * (1 - JITTER + 2 * JITTER * random()),
  ).unref()
  session.once('close', () => {
    clearInterval(ping)
    clearTimeout(age)
  })
}

/**
 * Ends a session when the calls of its client have ended, and cuts it after `grace` milliseconds. A call that
 * is on its way is not answered, and its client is told so: it may be made again elsewhere (RFC 9113
 * §6.8). Node has no word that would let it come first.
 */
export function endSession(session: ServerHttp2Session, grace: number): void {
  if (session.closed || session.destroyed) return
  const cut = setTimeout(() => {
    session.destroy()
  }, grace).unref()
  session.once('close', () => {
    clearTimeout(cut)
  })
  session.close()
}
