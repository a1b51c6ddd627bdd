import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { markdownTable, NAMES, withTable, type Observed } from './table.ts'

/**
 * `node tools/run.mjs faults [--seconds N] [--write]`: lets all that the table of docs/kubernetes.md names
 * happen to clusters, for so many seconds each, and prints how long rauth was wrong after it. From 60
 * seconds on rauth's own times count, and with `--write` the table gets what was found.
 */
/** The repository, from dist/test/faults. */
const ROOT = path.resolve(import.meta.dirname, '../../..')
const TESTS = path.join(ROOT, 'dist/test/e2e/kubernetes')
const DOCUMENT = path.join(ROOT, 'docs/kubernetes.md')

/** With other times than rauth's own the table would be wrong. */
const LEAST_TO_WRITE = 60

async function runTests(seconds: number, report: string): Promise<number> {
  const files = (await readdir(TESTS)).filter((name) => /^faults-.*\.test\.js$/.test(name))
  const child = spawn(
    process.execPath,
    [
      ...['--enable-source-maps', '--test', '--test-reporter', 'spec'],
      // Most of the time they wait.
      ...['--test-concurrency', String(files.length)],
      ...files.map((file) => path.join(TESTS, file)),
    ],
    {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, FAULT_SECONDS: String(seconds), FAULT_REPORT: report },
    },
  )
  const [code] = (await once(child, 'close')) as [number | null]
  return code ?? 1
}

async function readReport(report: string): Promise<Observed> {
  const text = await readFile(report, 'utf8').catch(() => '')
  const lines = text.split('\n').filter((line) => line !== '')
  return new Map(
    lines.map((line) => {
      const { name, took } = JSON.parse(line) as { name: string; took: number }
      return [name, took] as const
    }),
  )
}

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    write: { type: 'boolean', default: false },
  },
})
const seconds = Number(values.seconds)
if (!(seconds > 0) || (values.write && seconds < LEAST_TO_WRITE)) {
  process.stderr.write(
    `usage: node tools/run.mjs faults [--seconds N] [--write], and to write at least ${LEAST_TO_WRITE}\n`,
  )
  process.exitCode = 2
} else {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'rauth-faults-'))
  try {
    const report = path.join(directory, 'report')
    const code = await runTests(seconds, report)
    const observed = await readReport(report)
    const missing = NAMES.filter((name) => !observed.has(name))
    process.stdout.write(`${markdownTable(observed)}\n`)
    for (const name of missing) process.stdout.write(`NOT SEEN: ${name}\n`)
    if (code !== 0 || missing.length > 0) process.exitCode = 1
    else if (values.write) {
      const document = await readFile(DOCUMENT, 'utf8')
      await writeFile(DOCUMENT, withTable(document, markdownTable(observed)))
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
