import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { makeCliFolder, type CliFolder } from '../support/cli-folder.ts'

const POLICY = "rules:\n  - { match: { name: 'a/**' }, actions: [pull] }\n"
const CASES = `cases:
  - { name: 'a <good> & "quoted" one', given: { as: x, scope: 'repository:a/b:pull' }, expect: allowed }
  - { name: bad, given: { as: x, scope: 'repository:a/b:push' }, expect: allowed }
`

describe('rauth policy', () => {
  let folder: CliFolder
  before(async () => {
    folder = await makeCliFolder({
      ...{ 'p.yaml': POLICY, 'cases.yaml': CASES },
      'good.yaml': "cases: [{ given: { as: x, scope: 'repository:a/b:pull' }, expect: allowed }]\n",
      'broken.yaml': 'cases: [{ given: {}, expect: yes }]\n',
      'open.yaml': 'rules: [{ match: {}, actions: [pull] }]\n',
      'dead.yaml': 'rules: [{ match: { name: /a/** }, actions: [pull] }]\n',
    })
  })
  after(() => folder.remove())
  const policy = (...args: readonly string[]) =>
    folder.rauth(['policy', ...args, '--policy', 'p.yaml'])

  it('exits with 0 where all is as it should be, with 1 where it is not, with 2 without a file', async () => {
    const codes = [['good.yaml'], ['cases.yaml', 'good.yaml'], ['none.yaml']]
    const results = await Promise.all(codes.map((files) => policy('test', ...files)))
    assert.deepEqual(
      results.map(({ code }) => code),
      [0, 1, 2],
    )
    assert.match(results[1]?.stderr ?? '', /^2 passed, 1 failed$/m)
    assert.match(results[2]?.stderr ?? '', /cannot read none\.yaml/)
  })

  it('says where a mistake in a file of cases is', async () => {
    const { code, stdout, stderr } = await policy('test', 'broken.yaml')
    assert.deepEqual([code, stdout], [1, ''])
    assert.match(stderr, /^broken\.yaml:1:11: "cases\.0\.given\.scope"/m)
  })

  it('writes JUnit XML in which every text is one', async () => {
    const { stdout } = await policy('test', 'cases.yaml', '-o', 'junit')
    assert.match(
      stdout,
      /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<testsuites name="rauth policy" tests="2" failures="1">/,
    )
    assert.match(
      stdout,
      /name="a &#60;good&#62; &#38; &#34;quoted&#34; one" classname="cases\.yaml" file="cases\.yaml" line="2"\/>/,
    )
    assert.match(stdout, /name="bad".*line="3"><failure message="granted">/)
    assert.equal(stdout.match(/<testcase /g)?.length, 2)
    assert.equal(stdout.match(/<\/testcase>/g)?.length, 1)
  })

  it('gives in JSON what differs, and how it came to that', async () => {
    const { stdout } = await policy('test', 'cases.yaml', '-o', 'json')
    const [good, bad] = JSON.parse(stdout) as Record<string, unknown>[]
    assert.deepEqual([good?.['passed'], good?.['differences']], [true, []])
    assert.deepEqual(bad?.['differences'], [
      { what: 'granted', expected: 'repository:a/b:push', found: '' },
    ])
  })

  it('has nothing to say of a good policy', async () => {
    const { code, stdout } = await policy('lint')
    assert.deepEqual([code, stdout], [0, ''])
    assert.equal((await policy('lint', '-o', 'json')).stdout, '[]\n')
  })

  it('tells of a rule for all, which may be meant, and fails for one that never matches', async () => {
    for (const [name, expected] of [
      ['open.yaml', 0],
      ['dead.yaml', 1],
    ] as const) {
      const { code, stdout } = await folder.rauth(['policy', 'lint', '--policy', name])
      assert.equal(code, expected, stdout)
      assert.match(stdout, new RegExp(`^${name}:1 `, 'm'))
    }
  })
})
