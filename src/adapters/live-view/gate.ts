import type { IncomingMessage } from 'node:http'
import type { Redacted } from '../../redacted.ts'
import { isCrossOrigin, whyNotLocal } from './origin.ts'
import { isSession, isToken, sessionIn } from './session.ts'
import type { SlowGuesses } from './slow-guesses.ts'

/** Whether a request may see anything. */
export type Entry =
  | { readonly kind: 'in' }
  /** A token is needed; `words`: what was wrong with what came. */
  | { readonly kind: 'login'; readonly status: 401 | 429; readonly words: string }
  | { readonly kind: 'out'; readonly words: string }

export interface GateOptions {
  /** The token of now; nothing: whoever asks from this machine is let in. */
  readonly token: () => Promise<Redacted<string> | undefined>
  readonly guesses: SlowGuesses
  /** Seconds since the epoch. */
  readonly clock: () => number
}

export interface Gate {
  /** What does not depend on a token: whether the page itself, which holds nothing, may be had. */
  mayLoad(request: IncomingMessage): Promise<Entry>
  /** Whether data may be had. */
  enter(request: IncomingMessage): Promise<Entry>
  /** Whether it has yet to log in: there is a token, and its cookie is not that of a login. */
  wantsLogin(request: IncomingMessage): Promise<boolean>
}

const IN: Entry = { kind: 'in' }

/** Who sees the live view: with a token whoever has it, without one whoever asks from this very machine. */
export function createGate({ token, guesses, clock }: GateOptions): Gate {
  async function mayLoad(request: IncomingMessage): Promise<Entry> {
    if ((await token()) !== undefined) return IN
    const words = whyNotLocal(request)
    return words === undefined ? IN : { kind: 'out', words }
  }

  function isLoggedIn({ headers }: IncomingMessage, wanted: Redacted<string>): boolean {
    const session = sessionIn(headers.cookie)
    return session !== undefined && isSession(wanted, session, clock())
  }

  async function byToken(request: IncomingMessage, wanted: Redacted<string>): Promise<Entry> {
    const { headers, socket } = request
    const presented = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(headers.authorization ?? '')?.[1]
    if (presented === undefined) {
      if (isLoggedIn(request, wanted)) return IN
      return { kind: 'login', status: 401, words: 'log in with the token' }
    }
    const address = socket.remoteAddress ?? ''
    if (!guesses.mayTry(address)) {
      return { kind: 'login', status: 429, words: 'too many wrong tokens: wait a few seconds' }
    }
    if (isToken(wanted, presented)) return IN
    await guesses.wrong(address)
    return { kind: 'login', status: 401, words: 'this is not the token' }
  }

  return {
    mayLoad,
    async wantsLogin(request) {
      const wanted = await token()
      return wanted !== undefined && !isLoggedIn(request, wanted)
    },
    async enter(request) {
      const entry = await mayLoad(request)
      if (entry.kind !== 'in') return entry
      if (isCrossOrigin(request)) return { kind: 'out', words: 'a page of another origin asks' }
      const wanted = await token()
      return wanted === undefined ? IN : byToken(request, wanted)
    },
  }
}
