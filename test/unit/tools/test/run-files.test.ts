import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { writeBatches } from '../../../../tools/test/batches.ts'
import { runNode } from '../../../../tools/test/tool.ts'

const RUNNER = path.resolve(import.meta.dirname, '../../../../tools/test/run-files.js')

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

  async function runner(...modules: readonly string[]) {
    const told: string[] = []
    const { code, output } = await runNode([RUNNER, '1', ...modules], {
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
})
