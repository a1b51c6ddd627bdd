import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import type { Obstacle, Why } from '../../../src/control/step.ts'
import { isTold, WORDS } from '../../../src/control/words.ts'

/** From dist/test/unit/control. */
const PAGE = path.resolve(import.meta.dirname, '../../../../docs/controller.md')

/** Names in the first column of the table with this heading. */
function rowsOf(heading: string): readonly string[] {
  const lines = readFileSync(PAGE, 'utf8').split('\n')
  const begin = lines.findIndex((line) => line.startsWith(`| ${heading} `))
  assert.ok(begin >= 0, heading)
  const rest = lines.slice(begin + 2)
  const rows = rest.slice(
    0,
    rest.findIndex((line) => !line.startsWith('|')),
  )
  return rows
    .flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`(\w+)`/g)])
    .map(([, name = '']) => name)
}

describe('docs/controller.md', () => {
  it('has each reason of an Event, and no other', () => {
    const told = Object.entries(WORDS).filter(([why]) => isTold({ why: why as Why }))
    const reasons = new Set(told.map(([, { reason }]) => reason))
    assert.deepEqual([...rowsOf('reason of an Event')].sort(), [...reasons].sort())
  })

  it('has each reason of Ready: False, and no other', () => {
    const reasons: Readonly<Record<Obstacle['reason'], true>> = {
      ...{ CredentialsNotOwned: true, CredentialsUnusable: true, CredentialsImmutable: true },
      ...{ PullSecretNotOwned: true, PullSecretImmutable: true, PullSecretType: true },
      ...{ Deleting: true, ServiceAccountMissing: true },
    }
    assert.deepEqual([...rowsOf('reason of `Ready: False`')].sort(), Object.keys(reasons).sort())
  })
})
