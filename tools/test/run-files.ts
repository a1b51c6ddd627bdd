import { run } from 'node:test'
import { report } from './reporter.ts'

/**
 * `run-files.js CONCURRENCY MODULE…`, a process of its own: another Node may run it, and what Node passes on
 * to test files are this process's own options. `node --test` would sort the files; here they start in the
 * order that they are named in. Tells its parent how long each took.
 */

/** Milliseconds that one test file may take; a test that hangs must not hang the run. */
const LIMIT = 10 * 60_000

const [concurrency, ...modules] = process.argv.slice(2)
const names = new Set(modules)
const events = run({ files: modules, concurrency: Number(concurrency), timeout: LIMIT })
events.on('test:complete', ({ name, details }) => {
  if (names.has(name)) process.send?.({ module: name, milliseconds: details.duration_ms })
})
events.on('test:fail', () => {
  process.exitCode = 1
})
events.compose(report).pipe(process.stdout)
