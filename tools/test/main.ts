import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { CATALOGUE, type PartName } from '../parts/catalogue.ts'
import { installParts } from '../parts/install.ts'
import { judgeCoverage } from './coverage.ts'
import { isTestPhase, select, type Outcome, type Phase, type TestPhase } from './phases.ts'
import { compiledFile, testFiles } from './test-files.ts'
import { runNode } from './tool.ts'

/** `npm test [-- phase… [part of a file name…]]`: stops at the first phase that fails. */

/** The repository, from dist/tools/test. */
const ROOT = path.resolve(import.meta.dirname, '../../..')

/** Minutes that one test file may take; a test that hangs must not hang the run. */
const LIMITS: Readonly<Record<TestPhase, number>> = { unit: 2, integration: 3, e2e: 15 }

const say = (line: string) => process.stdout.write(`${line}\n`)

interface Run {
  readonly filters: readonly string[]
  /** Where tests leave their coverage, when it is judged after them. */
  readonly raw: string | undefined
}

function runPhase(phase: Phase, run: Run): Promise<Outcome> {
  if (isTestPhase(phase)) return runTests(phase, run)
  switch (phase) {
    case 'format':
      return runTool('prettier', 'bin/prettier.cjs', ['--check', '.'], 'npm run format')
    case 'lint':
      return runTool('eslint', 'bin/eslint.js', ['--max-warnings', '0', '.'], 'npx eslint --fix .')
    case 'build':
      return readBuild()
    case 'coverage':
      return judgeCoverage(ROOT, run.raw ?? '')
  }
}

async function runTool(
  name: string,
  file: string,
  args: readonly string[],
  repair: string,
): Promise<Outcome> {
  const program = path.join(ROOT, 'node_modules', name, file)
  const { code, output } = await runNode([program, ...args], { cwd: ROOT })
  if (code === 0) return { ok: true }
  return { ok: false, problem: `${output}\nwhat can be repaired by itself: ${repair}` }
}

/** tools/run.mjs has built already, or found that nothing changed; this tells what came of it. */
async function readBuild(): Promise<Outcome> {
  const text = await readFile(path.join(ROOT, 'dist', '.build.json'), 'utf8')
  const { problems, seconds } = JSON.parse(text) as {
    problems: readonly { text: string }[]
    seconds: number
  }
  if (problems.length > 0) {
    return { ok: false, problem: problems.map((problem) => problem.text).join('\n') }
  }
  return { ok: true, note: `compiled in ${seconds.toFixed(1)} s, before the phases` }
}

async function runTests(phase: TestPhase, { filters, raw }: Run): Promise<Outcome> {
  const files = testFiles(ROOT, phase, filters)
  if (files.length === 0) {
    const why =
      filters.length === 0 ? 'it is empty' : `none has ${filters.join(' or ')} in its name`
    return { ok: false, problem: `no test file in test/${phase}: ${why}` }
  }
  const missing = files.map(compiledFile).filter((file) => !existsSync(path.join(ROOT, file)))
  if (missing.length > 0) {
    return { ok: false, problem: `not compiled: ${missing.join(', ')}; next: npm run build` }
  }
  if (phase === 'e2e') {
    await installParts(Object.keys(CATALOGUE) as PartName[], { progress: say })
  }
  say(`${phase}: ${files.length} file${files.length === 1 ? '' : 's'}`)
  for (const file of files) say(`  ${file}`)
  const { code } = await runNode(
    [
      ...['--enable-source-maps', '--test', '--test-reporter', 'spec'],
      // A stack of real programs is work for two processors; more at once would time out.
      ...['--test-concurrency', String(Math.min(2, os.availableParallelism()))],
      ...['--test-timeout', String(LIMITS[phase] * 60_000)],
      ...files.map(compiledFile),
    ],
    {
      cwd: ROOT,
      show: true,
      // Real programs are started by e2e; what they cover is not told by a unit's failing.
      env: { ...process.env, NODE_V8_COVERAGE: phase === 'e2e' ? '' : (raw ?? '') },
    },
  )
  return code === 0 ? { ok: true } : { ok: false, problem: `node --test: exit code ${code}` }
}

async function main(args: readonly string[]): Promise<number> {
  const selection = select(args)
  if ('ok' in selection) {
    say(selection.problem)
    return 2
  }
  const { phases, filters } = selection
  const raw = phases.includes('coverage')
    ? await mkdtemp(path.join(os.tmpdir(), 'rauth-coverage-'))
    : undefined
  const begin = performance.now()
  try {
    for (const phase of phases) {
      const start = performance.now()
      const outcome = await runPhase(phase, { filters, raw })
      const took = since(start)
      if (!outcome.ok) {
        say(`${outcome.problem}\n${phase}: FAILED after ${took}`)
        say(
          `only this again: npm test -- ${[phase, ...(isTestPhase(phase) ? filters : [])].join(' ')}`,
        )
        return 1
      }
      say(`${phase}: ok, ${took}${outcome.note === undefined ? '' : ` (${outcome.note})`}`)
    }
  } finally {
    if (raw !== undefined) await rm(raw, { recursive: true, force: true })
  }
  say(`passed: ${phases.join(', ')}, in ${since(begin)}`)
  return 0
}

function since(start: number): string {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`
}

process.exitCode = await main(process.argv.slice(2))
