import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { writeBatches } from '../../../../tools/test/batches.ts'
import { runNode } from '../../../../tools/test/tool.ts'

const TOOLS = path.resolve(import.meta.dirname, '../../../../tools/test')
const RUNNER = path.join(TOOLS, 'run-files.js')
const SPEAKS = path.join(TOOLS, 'say-what-waits.js')

describe('the runner of test files', () => {
  let directory: string
  before(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'rauth-runner-'))
  })
  after(() => rm(directory, { recursive: true }))

  /** A test file with one test, which does that. */
  async function testFile(name: string, body: string): Promise<string> {
    const file = path.join(directory, name)
    await writeFile(file, `import { it } from 'node:test'\nit('${name}', () => {${body}})\n`)
    return file
  }

  const runner = (...modules: readonly string[]) => limited(60_000, modules)

  async function limited(limit: number, modules: readonly string[], options: string[] = []) {
    const told: string[] = []
    const { code, output } = await runNode([...options, RUNNER, '1', String(limit), ...modules], {
      cwd: directory,
      // A test file that runs another one would be told apart by it.
      env: { ...process.env, NODE_TEST_CONTEXT: undefined },
      onMessage(message) {
        const { module, milliseconds } = message as { module: string; milliseconds: number }
        assert.ok(milliseconds > 0)
        told.push(path.relative(directory, module))
      },
    })
    return { code, output, told }
  }

  it('starts them in the order in which they are named, and tells how long each took', async () => {
    const files = [await testFile('b.mjs', ''), await testFile('a.mjs', '')]
    const { code, output, told } = await runner(...files)
    assert.equal(code, 0, output)
    assert.deepEqual(told, ['b.mjs', 'a.mjs'])
    assert.match(output, /✔ b\.mjs[^]+✔ a\.mjs[^]+pass 2\n/)
  })

  it('fails when a test does, or when a file can not be loaded', async () => {
    const fails = await runner(await testFile('fails.mjs', 'throw new Error("broken")'))
    assert.equal(fails.code, 1)
    assert.match(fails.output, /✖ fails\.mjs[^]+broken[^]+fail 1\n/)
    const file = path.join(directory, 'no-module.mjs')
    await writeFile(file, 'import "./nothing.mjs"')
    assert.equal((await runner(file)).code, 1)
  })

  it('runs each file of the batches once, a failure in one of them by its own name', async () => {
    const names = ['c.mjs', 'd.mjs', 'e.mjs', 'f.mjs', 'g.mjs']
    const files = await Promise.all(
      names.map((name) => testFile(name, name === 'e.mjs' ? 'throw new Error("broken")' : '')),
    )
    const batches = await writeBatches(path.join(directory, 'batches'), files, 2)
    assert.equal(batches.length, 2)
    const { code, output } = await runner(...batches)
    assert.equal(code, 1)
    for (const name of names) assert.match(output, new RegExp(`[✔✖] ${name}`))
    assert.match(output, /✖ e\.mjs \([^)]*\be\.mjs:2\)[^]+tests 5\n[^]*pass 4\n/)
  })

  // They wait most of the time; the limit is what a busy machine needs to start a process.
  describe('of a file that takes longer than the limit', { concurrency: true }, () => {
    const LONG_ENOUGH = 10_000
    /** A process that gets nowhere, not even to its timers, and costs nothing. */
    const STUCK = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)'

    it('tells what it was at and what it waited for', async () => {
      const body = 'process.stdin.resume(); return new Promise(() => {})'
      const speaks = [
        '--import',
        `${pathToFileURL(SPEAKS).href}?after=${String((2 / 3) * LONG_ENOUGH)}`,
      ]
      const file = await testFile('hangs.mjs', body)
      const { code, output } = await limited(LONG_ENOUGH, [file], speaks)
      assert.equal(code, 1)
      assert.match(output, /still running: [^\n]*Pipe[^]+ {2}pipe \{/)
      // Node 24 ends the test first.
      const told = /begun, and not ended then:\n {2}hangs\.mjs \(|✖ hangs\.mjs [^]+timed out/
      assert.match(output, told)
      assert.doesNotMatch(output, /once more/)
    })

    it('starts it once more when it never said a word', async () => {
      const file = path.join(directory, 'late.mjs')
      const lines = [
        "import { existsSync, writeFileSync } from 'node:fs'",
        `if (!existsSync('begun')) { writeFileSync('begun', ''); ${STUCK} }`,
        "const { it } = await import('node:test')",
        "it('a', () => {})",
      ]
      await writeFile(file, lines.join('\n'))
      const { code, output } = await limited(LONG_ENOUGH, [file])
      assert.equal(code, 0, output)
      assert.match(output, /none of its tests had begun\n[^]*once more[^]+✔ a /)
    })

    it('fails when it is silent twice', async () => {
      const file = path.join(directory, 'never.mjs')
      await writeFile(file, STUCK)
      const { code, output } = await limited(1_000, [file])
      assert.equal(code, 1)
      assert.match(output, /never\.mjs [^]+once more[^]+never\.mjs /)
    })
  })
})
