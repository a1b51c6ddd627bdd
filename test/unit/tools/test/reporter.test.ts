import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TestEvent } from 'node:test/reporters'
import { report } from '../../../../tools/test/reporter.ts'

const passed = (name: string, nesting: number, skip?: string | boolean) => ({
  type: 'test:pass',
  data: { name, nesting, details: { duration_ms: 12 }, ...(skip === undefined ? {} : { skip }) },
})

async function printed(...events: readonly object[]): Promise<string> {
  async function* source() {
    for (const event of events) yield await Promise.resolve(event as TestEvent)
  }
  let text = ''
  for await (const piece of report(source(), { isAt: () => [] })) text += piece
  return text
}

describe('the report of npm test', () => {
  it('has a line for each suite', async () => {
    assert.equal(await printed(passed('a test', 1), passed('a suite', 0)), '✔ a suite (12 ms)\n')
  })

  it('ends with what did not run, and why: it has not passed', async () => {
    assert.equal(
      await printed(
        passed('a program', 0, 'it is not on this machine'),
        passed('a test', 2, ''),
        passed('a suite', 0, undefined),
      ),
      '✔ a suite (12 ms)\n' +
        'NOT RUN: a program: it is not on this machine\n' +
        'NOT RUN: a test: no reason given\n',
    )
  })
})
