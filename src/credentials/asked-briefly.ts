import { LRUCache } from 'lru-cache'

export interface AskedBrieflyOptions<Answer, Kind extends string> {
  /** How long an answer of each kind is one without asking again, in the unit of the clock; 0: never. */
  readonly lifetimes: Readonly<Record<Kind, number>>
  /** `undefined`: remembered by nobody, as what failed. */
  readonly kindOf: (answer: Answer) => Kind | undefined
  /** Whether what an answer rests on is over by now. */
  readonly isOver?: (answer: Answer, now: number) => boolean
  /** How many answers of each kind are remembered, apart: no kind pushes out another. */
  readonly most: number
  readonly clock: () => number
  /** Told of each question whether it is answered without asking. */
  readonly onLookup?: ((known: boolean) => void) | undefined
}

/** `key` tells questions apart, and should be short: it is kept. */
export type AskBriefly<Answer> = (key: string, ask: () => Promise<Answer>) => Promise<Answer>

interface Remembered<Answer> {
  readonly answer: Answer
  readonly at: number
}

/** For questions that cost something: the same is not asked twice at a time, and an answer is one for a moment. */
export function createAskedBriefly<Answer, Kind extends string>(
  options: AskedBrieflyOptions<Answer, Kind>,
): AskBriefly<Answer> {
  const { lifetimes, kindOf, isOver = () => false, most, clock, onLookup } = options
  const underWay = new Map<string, Promise<Answer>>()
  const memories = new Map<Kind, LRUCache<string, Remembered<Answer>>>()

  function recall(key: string): Answer | undefined {
    const now = clock()
    for (const [kind, known] of memories) {
      const found = known.get(key)
      if (found === undefined) continue
      const age = now - found.at
      if (age >= 0 && age < lifetimes[kind] && !isOver(found.answer, now)) return found.answer
    }
    return undefined
  }

  function remember(key: string, answer: Answer): void {
    const kind = kindOf(answer)
    if (kind === undefined || lifetimes[kind] === 0) return
    const known = memories.get(kind) ?? new LRUCache<string, Remembered<Answer>>({ max: most })
    memories.set(kind, known)
    known.set(key, { answer, at: clock() })
  }

  async function remembering(key: string, ask: () => Promise<Answer>): Promise<Answer> {
    const answer = await ask()
    remember(key, answer)
    return answer
  }

  return (key, ask) => {
    const known = recall(key)
    const same = known === undefined ? underWay.get(key) : undefined
    onLookup?.(known !== undefined || same !== undefined)
    if (known !== undefined) return Promise.resolve(known)
    if (same !== undefined) return same
    const asked = remembering(key, ask).finally(() => underWay.delete(key))
    underWay.set(key, asked)
    return asked
  }
}
