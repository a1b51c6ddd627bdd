/** How long something wrong must last to be spoken of, ms: a pair is two files, written in turn. */
export const SETTLE = 250

export interface TroubleOptions {
  /** Asks for another look. */
  readonly lookAgain: () => void
  /** Called once for each trouble that lasted. */
  readonly tell: (problem: string) => void
}

/** What is wrong with files that are watched, if anything is. */
export interface Trouble {
  /** Of what lasted. */
  problem(): string | undefined
  /**
   * Something is wrong, by an `id` that is equal while it is the same. It is looked at once more before
   * it is told; returns whether it was.
   */
  found(id: string, problem: string): boolean
  /** Something is wrong and has been for a while: it is told at once, if it was not yet. */
  lasts(id: string, problem: string): void
  /** Nothing is wrong; returns whether something was that had been told. */
  over(): boolean
  close(): void
}

export function createTrouble({ lookAgain, tell }: TroubleOptions): Trouble {
  let suspected: string | undefined
  let told: { readonly id: string; readonly problem: string } | undefined
  let settling: NodeJS.Timeout | undefined

  function lasts(id: string, problem: string): void {
    if (told?.id === id) return
    told = { id, problem }
    tell(problem)
  }

  return {
    problem: () => told?.problem,
    found(id, problem) {
      if (suspected !== id) {
        suspected = id
        clearTimeout(settling)
        settling = setTimeout(lookAgain, SETTLE).unref()
        return false
      }
      lasts(id, problem)
      return true
    },
    lasts,
    over() {
      const was = told !== undefined
      suspected = told = undefined
      return was
    },
    close() {
      clearTimeout(settling)
    },
  }
}
