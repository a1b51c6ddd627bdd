import { isForPeople, logFatal } from './fatal-line.ts'

/** How long what is left may keep the process after all is closed, milliseconds. */
const LAST_MOMENT = 2_000

/** How the process tells of its end. */
export interface EndTold {
  readonly logFormat: string
  /** Which of several processes this is. */
  readonly worker?: number
}

/** The whole life of a process, after which nothing keeps it for long. `told`: known by its end. */
export async function endInTime(live: () => Promise<void>, told: () => EndTold): Promise<void> {
  try {
    await live()
  } finally {
    setTimeout(endByForce, LAST_MOMENT, told).unref()
  }
}

/** What process.exit waits for none of: no thread is at work for it. */
const WITHOUT_THREAD: ReadonlySet<string> = new Set([
  ...['Timeout', 'Immediate', 'PipeWrap', 'TTYWrap'],
  ...['TCPSocketWrap', 'TCPServerWrap', 'TLSWrap'],
])

/**
 * process.exit would wait for the thread of a read that never comes back, for ever. Where nothing is left but a timer,
 * such as that by which OpenTelemetry tries a collector again, it is the end that was asked for, with its own code.
 */
function endByForce(told: () => EndTold): void {
  // Pipes are its own output.
  const held = [...new Set(process.getActiveResourcesInfo())].filter((kind) => kind !== 'PipeWrap')
  if (held.every((kind) => WITHOUT_THREAD.has(kind))) process.exit()
  const what = held.some((kind) => kind.startsWith('FSReq'))
    ? 'a file system that hangs'
    : 'something'
  const { logFormat, worker } = told()
  if (isForPeople(logFormat)) {
    process.stderr.write(
      `rauth: ${what} holds the process (${held.join(', ')}): ended by SIGKILL\n`,
    )
  } else logFatal({ held }, `${what} holds the process: ended by SIGKILL`, worker)
  process.kill(process.pid, 'SIGKILL')
}
