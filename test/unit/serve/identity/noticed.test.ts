import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Answer } from '../../../../src/credentials/source.ts'
import { Redacted } from '../../../../src/redacted.ts'
import { noticed } from '../../../../src/serve/identity/noticed.ts'

it('tells of a source that did not answer, until it does or a minute is over', async () => {
  let answer: Answer = { kind: 'error', detail: 'the hook answered 500' }
  let now = 0
  const asked = { name: 'http', ask: () => Promise.resolve(answer) }
  const { source, problem } = noticed(asked, () => now)
  const ask = async (next: Answer) => {
    answer = next
    assert.equal(await source.ask({ username: 'a', password: new Redacted('b') }), next)
  }
  assert.equal(problem(), undefined)
  await ask(answer)
  assert.equal(problem(), 'the hook answered 500')
  await ask({ kind: 'busy', guessed: false })
  assert.notEqual(problem(), undefined, 'nobody was asked')
  now = 60_000
  assert.equal(problem(), undefined)
  await ask({ kind: 'error', detail: 'again' })
  assert.equal(problem(), 'again')
  await ask({ kind: 'no', detail: '' })
  assert.equal(problem(), undefined)
})
