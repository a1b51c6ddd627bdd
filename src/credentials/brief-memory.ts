import { createAskedBriefly } from './asked-briefly.ts'
import type { Clock } from '../clock.ts'
import type { PasswordHasher } from './password.ts'
import type { Answer, IdentitySource } from './source.ts'

export interface BriefMemoryOptions {
  /** How long a yes is one without asking again, seconds; 0: never. */
  readonly seconds: number
  /** The same of a no, for questions that are made up more easily than asked; without: never. */
  readonly noSeconds?: number
  /** Whether the password alone is the question, as where the user name means nothing. */
  readonly byPassword?: boolean
  readonly hasher: PasswordHasher
  readonly clock: Clock
  /** Told of each question whether it is answered without asking. */
  readonly onLookup?: (known: boolean) => void
}

const MAX_REMEMBERED = 4096

/**
 * A source that costs something to ask. The same question that is under way is not asked twice, and a yes
 * is remembered for a moment, by a keyed hash of what was asked, and no longer than what it rests on lasts. A no
 * is where that is wanted, apart from them: guesses must not push them out. An error is not: it may be over.
 */
export function withBriefMemory(
  source: IdentitySource,
  { seconds, noSeconds = 0, byPassword = false, hasher, clock, onLookup }: BriefMemoryOptions,
): IdentitySource {
  const askBriefly = createAskedBriefly<Answer, 'yes' | 'no'>({
    lifetimes: { yes: seconds, no: noSeconds },
    kindOf: ({ kind }) => (kind === 'yes' || kind === 'no' ? kind : undefined),
    isOver: (answer, now) => answer.kind === 'yes' && now >= (answer.subject.until ?? Infinity),
    ...{ most: MAX_REMEMBERED, clock, onLookup },
  })

  return {
    ...source,
    ask(login) {
      const { username, password } = login
      const text = JSON.stringify([byPassword ? null : username, password.reveal()])
      const key = hasher.hash(text).toString('base64')
      return askBriefly(key, () => source.ask(login))
    },
  }
}
