import type { TestEvent } from 'node:test/reporters'
import { inspect } from 'node:util'
import { isCutOff, type FileWatch } from './file-watch.ts'

/**
 * A line for each suite that passed, all of each test that failed, of a file that was cut off the tests that it was
 * at, and at the end the counts and what did not run: of thousands of tests only the few lines that say something
 * new.
 */
export async function* report(
  source: AsyncIterable<TestEvent>,
  watch: Pick<FileWatch, 'isAt'>,
): AsyncGenerator<string> {
  const skipped: string[] = []
  for await (const event of source) {
    if (event.type === 'test:pass' && isSkipped(event.data.skip)) {
      const { name, skip } = event.data
      const why = typeof skip === 'string' && skip !== '' ? skip : 'no reason given'
      skipped.push(`NOT RUN: ${name}: ${why}\n`)
    } else if (event.type === 'test:pass' && event.data.nesting === 0) {
      yield `✔ ${event.data.name} (${milliseconds(event.data.details.duration_ms)})\n`
    } else if (event.type === 'test:fail') {
      yield* failure(event.data)
      if (!isCutOff(event.data.details.error)) continue
      for (const line of watch.isAt(event.data.name)) yield `${line}\n`
    } else if (event.type === 'test:diagnostic' && event.data.nesting === 0) {
      yield `ℹ ${event.data.message}\n`
    } else if (event.type === 'test:stderr' || event.type === 'test:stdout') {
      yield event.data.message
    }
  }
  yield* skipped
}

/** The reason may be missing, and then is empty on some lines of Node. */
function isSkipped(skip: string | boolean | undefined): boolean {
  return skip !== undefined && skip !== false
}

type Failure = Extract<TestEvent, { type: 'test:fail' }>['data']

function* failure({ name, nesting, file, line, details }: Failure): Generator<string> {
  const { error } = details
  const cause: unknown = error.cause
  const place = file === undefined ? '' : ` (${file}:${line})`
  yield `${'  '.repeat(nesting)}✖ ${name}${place}\n`
  // A suite fails because of a test in it, which has its own lines.
  if (inspect(cause, { depth: 0 }).includes('subtest')) return
  yield `${inspect(cause, { depth: 6 })}\n`
}

function milliseconds(duration: number): string {
  return `${duration.toFixed(0)} ms`
}
