import { LRUCache } from 'lru-cache'
import type { Clock } from '../clock.ts'
import type { PasswordHasher } from './password.ts'
import type { Answer, IdentitySource, Login } from './source.ts'

export interface BriefMemoryOptions {
  /** How long a yes is one without asking again, seconds; 0: never. */
  readonly seconds: number
  /** The same of a no, for questions that are made up more easily than asked; without: never. */
  readonly noSeconds?: number
  /** Whether the password alone is the question, as where the user name means nothing. */
  readonly byPassword?: boolean
  readonly hasher: PasswordHasher
  readonly clock: Clock
}

const MAX_REMEMBERED = 4096

interface Remembered {
  readonly answer: Answer
  readonly at: number
}

/**
 * A source that costs something to ask. The same question that is under way is not asked twice, and a yes
 * is remembered for a moment, by a keyed hash of what was asked, and no longer than what it rests on lasts. A no
 * is where that is wanted, apart from them: guesses must not push them out. An error is not: it may be over.
 */
export function withBriefMemory(
  source: IdentitySource,
  { seconds, noSeconds = 0, byPassword = false, hasher, clock }: BriefMemoryOptions,
): IdentitySource {
  const underWay = new Map<string, Promise<Answer>>()
  const memories = {
    yes: { seconds, known: new LRUCache<string, Remembered>({ max: MAX_REMEMBERED }) },
    no: { seconds: noSeconds, known: new LRUCache<string, Remembered>({ max: MAX_REMEMBERED }) },
  }

  function recall(key: string): Answer | undefined {
    for (const { seconds: lasts, known } of Object.values(memories)) {
      const found = known.get(key)
      if (found === undefined) continue
      const { answer, at } = found
      const age = clock() - at
      const until = answer.kind === 'yes' ? (answer.subject.until ?? Infinity) : Infinity
      if (age >= 0 && age < lasts && clock() < until) return answer
    }
    return undefined
  }

  async function ask(key: string, login: Login): Promise<Answer> {
    const answer = await source.ask(login)
    if (answer.kind === 'yes' || answer.kind === 'no') {
      const { seconds: lasts, known } = memories[answer.kind]
      if (lasts > 0) known.set(key, { answer, at: clock() })
    }
    return answer
  }

  return {
    ...source,
    ask(login) {
      const { username, password } = login
      const text = JSON.stringify([byPassword ? null : username, password.reveal()])
      const key = hasher.hash(text).toString('base64')
      const known = recall(key)
      if (known !== undefined) return Promise.resolve(known)
      const same = underWay.get(key)
      if (same !== undefined) return same
      const asked = ask(key, login).finally(() => underWay.delete(key))
      underWay.set(key, asked)
      return asked
    },
  }
}
