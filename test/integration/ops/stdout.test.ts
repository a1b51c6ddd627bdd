import assert from 'node:assert/strict'
import path from 'node:path'
import { it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { run } from '../../support/run.ts'

const STDOUT = path.resolve(import.meta.dirname, '../../../src/adapters/ops/stdout.js')

/** Three lines of half a MiB each: two can wait. */
const PROGRAM = `
  const { openStdout } = await import(${JSON.stringify(pathToFileURL(STDOUT).href)})
  let lost = 0
  const stdout = openStdout({ pretty: false, colors: false, onLost: () => (lost += 1) })
  for (let i = 0; i < 3; i += 1) stdout.write('x'.repeat(512 * 1024 - 1) + '\\n')
  process.stderr.write(String(lost))
`

for (const [what, device, lost] of [
  ['that is a full disk loses what finds no room to wait, and tells of each line', '/dev/full', 1],
  ['that takes lines loses none', '/dev/null', 0],
] as const) {
  it(`a stdout ${what}`, async () => {
    const program = [process.execPath, '--input-type=module', '-e', PROGRAM]
    const { code, stderr } = await run('bash', [
      ...['-c', `exec "$@" > ${device}`, 'bash'],
      ...program,
    ])
    assert.deepEqual([code, stderr], [0, String(lost)])
  })
}
