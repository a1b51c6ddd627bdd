import assert from 'node:assert/strict'
import { mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  openFileDocument,
  type DocumentText,
  type FileDocument,
} from '../../../src/adapters/file/document-store.ts'
import { POLICY_FILE } from '../../../src/adapters/file/document-text.ts'
import { lostEnd } from '../../../src/config/lost-end.ts'
import { policyOf } from '../../../src/config/policy-file.ts'
import type { Policy } from '../../../src/policy/policy.ts'
import { logInto, type LoggedLine } from '../../support/logged-lines.ts'
import { until } from '../../support/until.ts'
import { mountFiles } from './keys/key-folder.ts'

/** Longer than anything here takes on a busy machine, milliseconds. */
const PATIENCE = 20_000

const rules = (...names: string[]) =>
  `rules:\n${names.map((name) => `  - { match: { name: '${name}' }, actions: [pull] }\n`).join('')}`

const BAD: readonly (readonly [string, string | Buffer, RegExp])[] = [
  ['nothing in it', '', /policy\.yaml:1:1: "rules" is missing/],
  [
    'a mistake',
    rules('a').replace('actions', 'action'),
    /policy\.yaml:2:29: unknown key .*actions/,
  ],
  ['broken YAML', 'rules: [', /policy\.yaml:1:8: a \[ that is not closed/],
  ['bytes that are no text', Buffer.from([0xff, 0xfe]), /is not UTF-8 text/],
  ['too much in it', `# ${'x'.repeat(256 * 1024)}\n`, /larger than 262144 bytes/],
  ['no end of brackets', `rules: ${'['.repeat(1000)}`, /is nested deeper than 32 levels/],
]

describe('openFileDocument, with a policy', () => {
  let directory: string
  let file: string
  let store: FileDocument<Policy> | undefined
  let lines: LoggedLine[]
  let failures: number

  beforeEach(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'rauth-policy-'))
    file = path.join(directory, 'policy.yaml')
    lines = []
    failures = 0
  })
  afterEach(async () => {
    store?.close()
    store = undefined
    await rm(directory, { recursive: true, force: true })
  })

  async function open(
    before?: DocumentText<Policy>,
    taken?: string,
  ): Promise<FileDocument<Policy>> {
    store = await openFileDocument<Policy>({
      ...{ file, log: logInto(lines), kind: POLICY_FILE, parse: (text) => policyOf(text, file) },
      count: ({ rules: all }) => ({ rules: all.length }),
      lost: (next, one) => lostEnd(next.text, one.text),
      ...{ before, taken, onFailure: () => (failures += 1) },
    })
    return store
  }
  async function put(text: string | Buffer): Promise<void> {
    await writeFile(path.join(directory, 'new'), text)
    await rename(path.join(directory, 'new'), file)
  }
  const names = (one: FileDocument<Policy>) =>
    one
      .current()
      .rules.map(({ name }) => name.source)
      .join()
  const messages = () => lines.map(({ message }) => message)

  it('takes a new file while it is open, in place and by the swap of a mounted ConfigMap', async () => {
    await put(rules('a'))
    const opened = await open()
    assert.equal(names(opened), 'a')
    await put(rules('b', 'c'))
    await until('the new file', PATIENCE, () => names(opened) === 'b,c')
    await truncate(file)
    await writeFile(file, rules('d'))
    await until('the same file with a new text', PATIENCE, () => names(opened) === 'd')
    await rm(file)
    await mountFiles(directory, { 'policy.yaml': rules('e') })
    await until('the mounted file', PATIENCE, () => names(opened) === 'e')
    await mountFiles(directory, { 'policy.yaml': rules('f') })
    await until('the swap', PATIENCE, () => names(opened) === 'f')
    assert.equal(opened.problem(), undefined)
    const loaded = lines.filter(({ message }) => message === 'policy loaded')
    assert.equal(new Set(loaded.map(({ fields }) => fields['version'])).size, 5)
    assert.equal(loaded[1]?.fields['rules'], 2)
  })

  it('begins with what is there, also where another process has another that it goes on from', async () => {
    await put(rules('a', 'b'))
    assert.equal(names(await open(undefined, rules('a'))), 'a,b')
  })

  for (const [what, text, problem] of BAD) {
    it(`begins with what another process has when there is ${what}, and says so`, async () => {
      await put(text)
      const opened = await open(undefined, rules('a'))
      assert.equal(names(opened), 'a')
      await until('the trouble', PATIENCE, () => opened.problem() !== undefined)
      assert.match(opened.problem() ?? '', problem)
      await put(rules('b'))
      await until('the good one', PATIENCE, () => names(opened) === 'b')
    })

    it(`does not begin with ${what}`, async () => {
      await put(text)
      await assert.rejects(open(), { code: 'ERR_CONFIG_INVALID', message: problem })
    })

    it(`keeps the policy of before when there is ${what}, and says so once`, async () => {
      await put(rules('a'))
      const opened = await open()
      const { rules: before } = opened.current()
      await put(text)
      await until('the trouble', PATIENCE, () => opened.problem() !== undefined)
      assert.match(opened.problem() ?? '', problem)
      // Looked at once more, it is the same trouble.
      await writeFile(path.join(directory, 'other'), '')
      await sleep(400)
      assert.equal(opened.current().rules, before)
      assert.equal(failures, 1)
      const told = lines.filter(({ level }) => level === 'error')
      assert.deepEqual(
        told.map(({ message }) => message),
        ['policy file that cannot be used: the policy of before stays'],
      )
      assert.match(String(told[0]?.fields['error']), problem)
      await put(rules('a'))
      await until('the end of it', PATIENCE, () => opened.problem() === undefined)
      assert.equal(messages().at(-1), 'policy file can be used again')
    })
  }

  it('keeps the policy of a file that is gone', async () => {
    await put(rules('a'))
    const opened = await open()
    await rm(file)
    await until('the trouble', PATIENCE, () => opened.problem() !== undefined)
    assert.match(opened.problem() ?? '', /cannot be read \(ENOENT.*put one there/)
    assert.equal(names(opened), 'a')
  })

  it('does not begin without a file', async () => {
    await assert.rejects(open(), { code: 'ERR_CONFIG_INVALID', message: /set policy\.file to/ })
  })

  /** The last rule loses what restricts it where the file ends a line early. */
  const ALONE = rules('a')
  const WHOLE = `${ALONE}  - actions: [pull]\n    match:\n      name: b/**\n      account: admin\n`
  const PART = WHOLE.replace(/ +account: admin\n/, '')
  const LOST = /has lost "account"/

  it('takes no part of a file that is written slowly, whatever part of it was taken before', async () => {
    await put(WHOLE)
    const opened = await open()
    await writeFile(file, ALONE)
    await until('whole rules of it', PATIENCE, () => names(opened) === 'a')
    // Not any trouble: the file may have been looked at twice while there was nothing in it yet.
    const isLost = () => LOST.test(opened.problem() ?? '')
    await writeFile(file, PART)
    await until('the trouble', PATIENCE, isLost)
    assert.equal(names(opened), 'a')
    await writeFile(file, WHOLE)
    await until('all of it', PATIENCE, () => names(opened) === 'a,b/**')
    await writeFile(file, PART)
    await until('the trouble', PATIENCE, isLost)
    opened.request()
    await until('what is asked for', PATIENCE, () => opened.problem() === undefined)
    assert.equal(opened.current().rules[1]?.account, undefined)
    await writeFile(file, PART + rules('c').replace('rules:\n', ''))
    await until('one more', PATIENCE, () => names(opened) === 'a,b/**,c')
  })

  it('takes no part of a file when it is opened anew beside what it was', async () => {
    await put(WHOLE)
    const first = await open()
    const before = first.whole()
    first.close()
    await put(PART)
    await assert.rejects(open(before), { code: 'ERR_CONFIG_INVALID', message: LOST })
    await put(WHOLE)
    assert.equal(names(await open(before)), 'a,b/**')
  })
})
