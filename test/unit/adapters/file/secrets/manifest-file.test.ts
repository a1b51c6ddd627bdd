import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { stringify } from 'yaml'
import { readManifests } from '../../../../../src/adapters/file/secrets/manifest-file.ts'

const read = (text: string | Buffer) => readManifests(Buffer.from(text))
const manifests = (text: string) =>
  read(text).map((reading) => (reading.ok ? reading.manifest : reading.problem))

describe('readManifests', () => {
  const good: readonly (readonly [string, string, readonly unknown[]])[] = [
    ['one document', 'a: 1\n', [{ a: 1 }]],
    ['several documents', 'a: 1\n---\nb: 2\n', [{ a: 1 }, { b: 2 }]],
    ['empty documents among others', '---\n---\na: 1\n---\n# no more\n', [{ a: 1 }]],
    ['JSON', '{\n\t"a": {"b": "c\\/d\\ud83d\\ude00"}\n}', [{ a: { b: 'c/d😀' } }]],
    ['a byte order mark', '\ufeffa: 1\n', [{ a: 1 }]],
    ['Windows line ends', 'a: 1\r\nb: 2\r\n', [{ a: 1, b: 2 }]],
    ['a List', 'apiVersion: v1\nkind: List\nitems:\n- {a: 1}\n- {b: 2}\n', [{ a: 1 }, { b: 2 }]],
    ['an empty List beside a document', 'kind: List\nitems: []\n---\na: 1\n', [{ a: 1 }]],
    [
      'an object with items of its own',
      'kind: Other\nitems: [1]\n',
      [{ kind: 'Other', items: [1] }],
    ],
    ['a List without items', 'kind: List\n', [{ kind: 'List' }]],
    ['the same key in two mappings', 'a: {b: 1}\nc: {b: 1}\n', [{ a: { b: 1 }, c: { b: 1 } }]],
    ['a word that YAML 1.1 took for a boolean', 'a: yes\n', [{ a: 'yes' }]],
  ]
  for (const [name, text, expected] of good) {
    it(`reads ${name}`, () => {
      assert.deepEqual(manifests(text), expected)
    })
  }

  const bomb = ['a0: &a0 [canary,canary]']
  for (let i = 1; i < 30; i += 1) bomb.push(`a${i}: &a${i} [*a${i - 1},*a${i - 1}]`)

  const bad: readonly (readonly [string, string | Buffer, RegExp])[] = [
    ['nothing', '', /^no manifest/],
    ['a comment', '# canary\n', /^no manifest/],
    ['an empty List alone', 'kind: List\nitems: []\n', /^no manifest/],
    ['bytes that are no UTF-8', Buffer.from([0x61, 0x3a, 0xff]), /^not UTF-8/],
    [
      'NUL bytes of a lost write',
      Buffer.concat([Buffer.from('a: "'), Buffer.alloc(9)]),
      /^a quote that is not closed/,
    ],
    ['a cut string', 'a: "canary\n', /^a quote that is not closed.* \(at line 1, column 4\)$/],
    ['cut JSON', '{"a": {"b": "canary"', /^a \{ that is not closed/],
    ['two keys of one name', 'a: canary\nb: 1\na: 2\n', /^the same key twice at line 3, column 1$/],
    ['two keys of one name further in', 'x:\n- {canary: 1, "canary": 2}\n', /twice at line 2/],
    ['an alias that leads nowhere', 'a: *canary\n', /^an alias: .* at line 1, column 4$/],
    ['an anchor', 'a: &canary 1\n', /^an anchor or a tag: .* at line 1, column \d+$/],
    ['an anchor of a mapping', 'a: &canary {b: 1}\n', /^an anchor or a tag/],
    ['a tag', 'a: !!str canary\n', /^an anchor or a tag/],
    ['an alias', 'a: &x canary\nb: *x\n', /^an anchor or a tag/],
    ['a key that is an alias', 'x: &m namespace\ny: {namespace: a, *m : b}\n', /^an anchor/],
    ['a key that is a list', '? [canary]\n: 1\n', /^a key that is no plain text/],
    ['an alias bomb', bomb.join('\n'), /^it is full of anchors/],
    ['very many aliases', 'a: &x 1\n' + 'b: *x\n'.repeat(3_000), /^it is full of anchors/],
    ['very many tags', '!canary '.repeat(30_000), /^it is full of anchors/],
    ['a tower of brackets', '['.repeat(100_000), /^it is nested deeper/],
    ['a tower of mappings', '{a: '.repeat(50_000), /^it is nested deeper/],
    ['a tower of list marks', '- '.repeat(1500), /^it is nested deeper/],
    ['a tower of mixed marks', '- ? '.repeat(1500), /^it is nested deeper/],
    ['a tower of indentation', Array.from({ length: 200 }, (_, i) => `${' '.repeat(i)}x:`).join('\n'), /^it is nested deeper/], // prettier-ignore
    ['escapes alone', `a: "${'\\\n'.repeat(900)}"`, /^it is mostly escapes/],
    ['quotation marks alone', '""'.repeat(9000), /^it is mostly quotation/],
    ['very many lines', 'a\n: b\n'.repeat(3000), /^it is of more than 4000 lines/],
    ['a row of commas', `[${','.repeat(200_000)}`, /^it is mostly punctuation/],
    ['very many documents', 'a: 1\n---\n'.repeat(501), /^it is of more than 500 documents/],
    ['very many items', `kind: List\nitems:\n${'- {}\n'.repeat(1001)}`, /^more than 1000/],
  ]
  for (const [name, text, expected] of bad) {
    it(`has a problem with ${name} and quotes nothing of it`, () => {
      const readings = read(text)
      const [problem] = readings.flatMap((reading) => (reading.ok ? [] : reading.problem))
      assert.match(String(problem), expected)
      assert.doesNotMatch(String(problem), /canary/)
      assert.ok(readings.every(({ ok }) => !ok))
    })
  }

  it('keeps a bad document away from the others', () => {
    const readings = read('a: 1\n---\nb: [\n---\nc: 3\n')
    assert.deepEqual(
      readings.map((reading) => reading.ok && reading.manifest),
      [{ a: 1 }, false, { c: 3 }],
    )
  })

  it('takes many keys in a time that grows with them', () => {
    // Of the processor: what others have of it meanwhile is no matter.
    const start = process.cpuUsage()
    read(Array.from({ length: 60_000 }, (_, i) => `k${i}: 1`).join('\n'))
    // Quadratic takes more than ten seconds.
    assert.ok(process.cpuUsage(start).user < 5_000_000)
  })

  it('reads a List of many Secrets, in YAML and in JSON as kubectl prints them', () => {
    const one = (i: number) => ({
      apiVersion: 'v1',
      data: { password: 'c2VjcmV0LXNlY3JldC1zZWNyZXQ=', username: 'dGVhbS1h' },
      kind: 'Secret',
      metadata: {
        annotations: {
          'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({
            apiVersion: 'v1',
            kind: 'Secret',
            metadata: { annotations: {}, name: 'registry-credentials', namespace: `team-${i}` },
            stringData: { password: 'secret-secret-secret', username: 'team-a' },
          }),
        },
        name: 'registry-credentials',
        namespace: `team-${i}`,
        uid: '9ba3af09-8ce0-4d90-84a4-30d25a987887',
      },
      type: 'Opaque',
    })
    const list = {
      apiVersion: 'v1',
      items: Array.from({ length: 60 }, (_, i) => one(i)),
      kind: 'List',
    }
    for (const text of [stringify(list), JSON.stringify(list), JSON.stringify(list, null, 4)]) {
      const readings = read(text)
      assert.equal(readings.length, 60)
      assert.ok(
        readings.every(({ ok }) => ok),
        JSON.stringify(readings[0]),
      )
    }
  })
})
