import type { Log } from '../../log.ts'

/** Different failures that are told of one outage. */
const MAX_TOLD = 5

export interface Outage {
  /** Something failed, or nothing does any more. */
  readonly tell: (problem: string | undefined) => void
}

/** Says in the log when the API server gets out of reach, why, and when it is over; each thing once. */
export function createOutage(log: Log, fields: object): Outage {
  const told = new Set<string>()
  return {
    tell(problem) {
      if (problem === undefined) {
        if (told.size > 0) log.info(fields, 'Secrets are followed again')
        told.clear()
      } else if (!told.has(problem) && told.size < MAX_TOLD) {
        told.add(problem)
        log.warn(
          { ...fields, error: problem },
          'Secrets cannot be followed at the moment: those that are known stay in force; trying again',
        )
      }
    },
  }
}
