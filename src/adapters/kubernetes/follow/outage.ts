import type { Log } from '../../../log.ts'

/** Different failures that are told of one outage. */
const MAX_TOLD = 5

export interface Outage {
  /** Something failed, or nothing does any more. */
  readonly tell: (problem: string | undefined) => void
}

/**
 * Says in the log when the API server is out of reach, why, and when it is over; each thing once. One failure
 * is none yet: every watch breaks some time, and the next one is there in a moment. `what` is followed.
 */
export function createOutage(log: Log, fields: object, what = 'Secrets'): Outage {
  const told = new Set<string>()
  let failures = 0
  return {
    tell(problem) {
      if (problem === undefined) {
        if (told.size > 0) log.info(fields, `${what} are followed again`)
        told.clear()
        failures = 0
        return
      }
      failures += 1
      if (failures === 1 || told.has(problem) || told.size === MAX_TOLD) return
      told.add(problem)
      log.warn(
        { ...fields, error: problem },
        `${what} cannot be followed at the moment: those that are known stay in force; trying again`,
      )
    },
  }
}
