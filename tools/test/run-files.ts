import { setMaxListeners } from 'node:events'
import { run } from 'node:test'
import type { TestEvent } from 'node:test/reporters'
import { watchFiles, type FileWatch } from './file-watch.ts'
import { report } from './reporter.ts'

/**
 * `run-files.js CONCURRENCY LIMIT MODULE…`, a process of its own: another Node may run it, and what Node passes on
 * to test files are this process's own options. `node --test` would sort the files; here they start in the
 * order that they are named in. LIMIT is in milliseconds, for one file: a test that hangs must not hang the
 * run. Tells its parent how long each took.
 */

const [concurrency, limit, ...modules] = process.argv.slice(2)

/** Node 24 limits tests alone, no files. What has not told anything for so much longer than the limit is cut off here. */
const QUIET = 1.2

async function runModules(files: readonly string[]): Promise<FileWatch> {
  const watch = watchFiles(files)
  const stop = new AbortController()
  // Each file listens to it; from the eleventh on Node takes that for a leak.
  setMaxListeners(0, stop.signal)
  const quiet = setTimeout(
    () => {
      stop.abort()
    },
    QUIET * Number(limit),
  )
  const source = run({
    files: [...files],
    concurrency: Number(concurrency),
    timeout: Number(limit),
    signal: stop.signal,
  })
  async function* watched(): AsyncGenerator<TestEvent> {
    for await (const event of source as AsyncIterable<TestEvent>) {
      quiet.refresh()
      watch.see(event)
      if (event.type === 'test:complete' && files.includes(event.data.name)) {
        const { name, details } = event.data
        process.send?.({ module: name, milliseconds: details.duration_ms })
      }
      yield event
    }
  }
  for await (const text of report(watched(), watch)) process.stdout.write(text)
  clearTimeout(quiet)
  return watch
}

const first = await runModules(modules)
let hasFailed = first.hasFailed()
const silent = first.silent()
if (silent.length > 0) {
  process.stdout.write(`${String(silent.length)} of them once more, from which no word came:\n`)
  const again = await runModules(silent)
  hasFailed ||= again.hasFailed() || again.silent().length > 0
}
if (hasFailed) process.exitCode = 1
