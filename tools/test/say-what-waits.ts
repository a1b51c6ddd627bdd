import { writeSync } from 'node:fs'

/**
 * Loaded before every test file, as `say-what-waits.js?after=MILLISECONDS`: a file that runs that long is about to be cut
 * off, and says what it waits for. One that says nothing then does not even get to its timers.
 */
function sayWhatWaits(): void {
  const { libuv } = process.report.getReport() as { libuv: readonly Handle[] }
  const waits = libuv.filter(({ is_active, is_referenced }) => is_active && is_referenced)
  const lines = [
    `still running: ${process.getActiveResourcesInfo().join(', ')}`,
    ...waits.map(({ type, ...handle }) => `  ${type} ${JSON.stringify(handle)}`),
  ]
  writeSync(2, `${lines.join('\n')}\n`)
}

interface Handle {
  readonly type: string
  readonly is_active: boolean
  readonly is_referenced: boolean
}

// Not in the runner itself, which waits for the files.
if (process.env['NODE_TEST_CONTEXT'] !== undefined) {
  const after = Number(new URL(import.meta.url).searchParams.get('after'))
  setTimeout(sayWhatWaits, after).unref()
}
