import os from 'node:os'

/** What `os.uptime` may be behind, milliseconds: it counts in hundredths of a second. */
const GRAIN = 10

/**
 * Milliseconds since it was made, which go on while the process is stopped and, where the system tells, while the
 * machine sleeps: `performance.now()` alone would not count that.
 */
export function createBootTimer(): () => number {
  const [begin, upAtBegin] = [performance.now(), os.uptime()]
  return () => Math.max(performance.now() - begin, (os.uptime() - upAtBegin) * 1000 - GRAIN)
}
