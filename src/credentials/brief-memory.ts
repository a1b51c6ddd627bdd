import { LRUCache } from 'lru-cache'
import type { Clock } from '../clock.ts'
import type { PasswordHasher } from './password.ts'
import type { Answer, IdentitySource, Login } from './source.ts'

export interface BriefMemoryOptions {
  /** How long a yes is one without asking again, seconds; 0: never. */
  readonly seconds: number
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
 * is remembered for a moment, by a keyed hash of what was asked. Nothing else is: a no would cost memory to
 * guess, and an error may be over.
 */
export function withBriefMemory(
  source: IdentitySource,
  { seconds, hasher, clock }: BriefMemoryOptions,
): IdentitySource {
  const underWay = new Map<string, Promise<Answer>>()
  const remembered = new LRUCache<string, Remembered>({ max: MAX_REMEMBERED })

  async function ask(key: string, login: Login): Promise<Answer> {
    const answer = await source.ask(login)
    if (seconds > 0 && answer.kind === 'yes') remembered.set(key, { answer, at: clock() })
    return answer
  }

  return {
    ...source,
    ask(login) {
      const { username, password } = login
      const text = JSON.stringify([username, password.reveal()])
      const key = hasher.hash(text).toString('base64')
      const known = remembered.get(key)
      const age = clock() - (known?.at ?? -Infinity)
      if (known !== undefined && age >= 0 && age < seconds) return Promise.resolve(known.answer)
      const same = underWay.get(key)
      if (same !== undefined) return same
      const asked = ask(key, login).finally(() => underWay.delete(key))
      underWay.set(key, asked)
      return asked
    },
  }
}
