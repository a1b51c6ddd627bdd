import type { LoginCause } from '../login-cause.ts'
import type { Redacted } from '../redacted.ts'
import type { Subject } from '../subject.ts'
import type { BasicCredentials } from './basic-auth.ts'

/** User name and password, and who presents them. */
export interface Login extends BasicCredentials {
  /** IP address of the client; without: it has left meanwhile. It proves nothing. */
  readonly address?: string | undefined
  /** A source says that the password is one of its tokens, verified or not: nobody has it for a password. */
  readonly isToken?: boolean
}

/** What an identity source says of a user name and a password. Details are for the log alone. */
export type Answer =
  | { readonly kind: 'yes'; readonly subject: Subject }
  | Silence
  /** It can't tell now: neither a yes nor a no, nor a reason to ask another. */
  | { readonly kind: 'error'; readonly detail: string }
  /** The same of passwords that wait for their turn; `guessed`: some of them were wrong already. */
  | { readonly kind: 'busy'; readonly guessed: boolean }

/** `no`: it knows who that is, and it is not so, nor is anybody else asked. `not-mine`: the next one is. */
export interface Silence {
  readonly kind: 'no' | 'not-mine'
  readonly detail: string
  /**
   * What the detail has words for. A source with passwords in memory has one of each that it refuses: with none for
   * some of them, its time would tell which.
   */
  readonly cause?: LoginCause
  /**
   * It has passwords of that user name, and this is none of them: a guess, also where a source behind it
   * fails. Not where it only took the time of comparing: an outage would shut out whoever is known there.
   */
  readonly guessed?: boolean
  /**
   * Spends what a wrong password would have cost here, if the login is refused in the end; false: it had
   * no turn. Not before, since whoever has the right password of another source need not wait for it.
   */
  readonly spend?: () => Promise<boolean>
}

/** One that knows people, namespaces or machines by user name and password. */
export interface IdentitySource {
  /** For the log. */
  readonly name: string
  /**
   * Its time must not tell which user names it or another has: it is asked behind a no as well, and
   * what it says does not count.
   */
  readonly hides?: true
  /** Whether a password says that it is one of these, so that the user name means nothing. Verifies nothing. */
  readonly claims?: (password: Redacted<string>) => boolean
  readonly ask: (login: Login) => Promise<Answer>
}
