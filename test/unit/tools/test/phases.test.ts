import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PHASES, select, sideBySide } from '../../../../tools/test/phases.ts'

describe('select', () => {
  it('takes all phases when none is named', () => {
    assert.deepEqual(select([]), { phases: PHASES, filters: [] })
  })

  const rows: readonly (readonly [string, string, string])[] = [
    ['lint', 'lint', ''],
    ['unit', 'build unit', ''],
    ['e2e clients', 'build e2e', 'clients'],
    ['integration unit', 'build unit integration coverage', ''],
    ['coverage', 'build unit integration coverage', ''],
    ['unit integration keys', 'build unit integration', 'keys'],
    ['e2e format', 'format build e2e', ''],
  ]
  for (const [args, phases, filters] of rows) {
    it(`${args} → ${phases}`, () => {
      assert.deepEqual(select(args.split(' ')), {
        phases: phases.split(' '),
        filters: filters === '' ? [] : filters.split(' '),
      })
    })
  }

  for (const args of ['clients', 'lint clients', '--watch', 'unit --watch']) {
    it(`does not guess at ${args}`, () => {
      const selection = select(args.split(' '))
      assert.match(
        'problem' in selection ? selection.problem : '',
        /is not a phase\nusage: npm test/,
      )
    })
  }
})

describe('sideBySide', () => {
  it('runs format and lint at once, and all others one after the other', () => {
    assert.deepEqual(sideBySide(['format', 'lint', 'build', 'unit']), [
      ...[['format', 'lint'], ['build'], ['unit']],
    ])
    assert.deepEqual(sideBySide(['build', 'e2e']), [['build'], ['e2e']])
  })
})
