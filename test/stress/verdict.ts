import type { Outcome } from './siege.ts'

/**
 * What the gateway may grow by, MiB: its heap of 128, the 64 that it lets clients hold, as much again that
 * comes before it looks, and garbage of both, of which nothing is given back to a machine that has room.
 * Without its bounds it was 700 to 1,300, and what is kept for good passes any bound in a longer run.
 */
const GROWTH = 400

export interface Verdict {
  readonly lines: readonly string[]
  /** Empty: the gateway stood. */
  readonly wrong: readonly string[]
}

export function verdict({ attacks, checks, failures, slowest, memory, files }: Outcome): Verdict {
  const { before, most, end } = memory
  const wrong = failures.slice(0, 10)
  if (!(Math.max(most, end) - before <= GROWTH)) {
    wrong.push(`memory grew by more than ${GROWTH} MiB`)
  }
  // As many as before, or the asker's own connection less.
  if (!(files.end <= files.before)) wrong.push('connections are still open after the attacks')
  return {
    lines: [
      `${attacks} attacks; ${checks} checks meanwhile, ${failures.length} wrong, slowest ${slowest.toFixed(0)} ms`,
      `RSS MiB ${before.toFixed(0)} before, ${most.toFixed(0)} at most, ${end.toFixed(0)} at the end`,
      `open files ${files.before} before, ${files.end} at the end`,
    ],
    wrong,
  }
}
