import assert from 'node:assert/strict'
import { it } from 'node:test'
import { listedNamespaces } from '../../../../../src/adapters/file/secrets/listed-namespaces.ts'
import type { SecretFile } from '../../../../../src/adapters/file/secrets/secret-files.ts'

type Reading = SecretFile['readings'][number]

const good = (namespace: string): Reading => ({
  ...{ kind: 'credentials', namespace, credentials: [], warnings: [] },
})

function file(...readings: readonly Reading[]): SecretFile {
  const namespaces = readings.flatMap(({ namespace }) => namespace ?? [])
  return {
    fingerprint: '',
    identity: '',
    ignored: 0,
    slips: [],
    lost: [],
    dropped: [],
    hasLineEnd: true,
    readings,
    namespaces,
  }
}

it('lists each namespace once, and what is wrong with it', () => {
  const files = new Map([
    ['a.yaml', file(good('one'), { kind: 'problem', problem: 'no namespace' })],
    ['b.yaml', file(good('two'), good('three'))],
    ['c.yaml', file({ kind: 'problem', namespace: 'four', problem: 'no password' }, good('two'))],
    ['d.yaml', file(good('two'))],
  ])
  assert.deepEqual(
    [...listedNamespaces(files)].map(({ namespace, problem }) => [namespace, problem]),
    [
      ['one', undefined],
      ['two', 'more than one Secret: leave one of them'],
      ['three', undefined],
      ['four', 'no password'],
    ],
  )
})

it('takes no longer for each of many than for each of few', () => {
  const names = Array.from({ length: 100_000 }, (_, at) => `team-${at}`)
  const files = new Map([['all.yaml', file(...names.map(good))]])
  // Of the processor: the machine may be busy.
  const begin = process.cpuUsage()
  assert.equal([...listedNamespaces(files)].length, names.length)
  const { user, system } = process.cpuUsage(begin)
  assert.ok(user + system < 2_000_000)
})
