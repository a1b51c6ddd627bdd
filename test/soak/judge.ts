/** What a process had at a moment. */
export interface Sample {
  /** Since the beginning, seconds. */
  readonly at: number
  /** Resident memory, MiB. */
  readonly memory: number
  /** Open file descriptors. */
  readonly files: number
}

export interface Figures {
  readonly requests: number
  /** Answers that were not the right ones, a text each. */
  readonly wrong: readonly string[]
  /** What got no answer in time, a text each: a busy machine can do that, too. */
  readonly unanswered: readonly string[]
  /** Of the checks, milliseconds. */
  readonly latencies: readonly number[]
  readonly samples: readonly Sample[]
  /** What was changed meanwhile, how often. */
  readonly changes: Readonly<Record<string, number>>
}

export interface Verdict {
  readonly lines: readonly string[]
  /** Empty: nothing grew, nothing was wrong. */
  readonly problems: readonly string[]
}

/** Files that come and go: a Secret that is being read, a login's connection. */
const FILES_ASTRAY = 10

/** A slope that is no noise, MiB an hour, and how long it takes to tell, seconds. */
const STEEP = 30
const LONG_ENOUGH = 20 * 60

export function judge({
  requests,
  wrong,
  unanswered,
  latencies,
  samples,
  changes,
}: Figures): Verdict {
  const [first, last] = [samples[0], samples.at(-1)]
  if (first === undefined || last === undefined || requests === 0) {
    return { lines: [], problems: ['nothing was measured'] }
  }
  const slope = slopeOf(samples.slice(Math.floor(samples.length / 2)))
  const problems = wrong.slice(0, 10).map((text) => `wrong: ${text}`)
  problems.push(...unanswered.slice(0, 10).map((text) => `unanswered: ${text}`))
  // The least of the last few: one sample may meet a burst.
  const end = Math.min(...samples.slice(-5).map(({ files }) => files))
  if (end > first.files + FILES_ASTRAY) {
    problems.push(`open files grew from ${first.files} to ${end}`)
  }
  if (last.at >= LONG_ENOUGH && slope > STEEP) {
    problems.push(`memory grew by ${slope.toFixed(0)} MiB an hour`)
  }
  const sorted = [...latencies].sort((a, b) => a - b)
  const percentile = (share: number) =>
    (sorted[Math.floor(sorted.length * share)] ?? NaN).toFixed(1)
  const changed = Object.entries(changes).map(([what, count]) => `${what} ${count}`)
  return {
    lines: [
      `${last.at.toFixed(0)} s; ${requests} requests, ${(requests / last.at).toFixed(0)} a second; ` +
        `wrong answers ${wrong.length}, unanswered ${unanswered.length}`,
      `changes: ${changed.join(', ')}`,
      `check p50 ${percentile(0.5)} ms, p99 ${percentile(0.99)} ms`,
      `RSS ${first.memory.toFixed(0)} MiB at the start, ${last.memory.toFixed(0)} at the end; ` +
        `slope of the second half ${slope.toFixed(1)} MiB/h`,
      `open files ${first.files} at the start, ${last.files} at the end`,
    ],
    problems,
  }
}

/** Least squares, MiB an hour. */
export function slopeOf(samples: readonly Sample[]): number {
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length
  const at = mean(samples.map((sample) => sample.at))
  const memory = mean(samples.map((sample) => sample.memory))
  let [above, below] = [0, 0]
  for (const sample of samples) {
    above += (sample.at - at) * (sample.memory - memory)
    below += (sample.at - at) ** 2
  }
  return below === 0 ? 0 : (above / below) * 3600
}
