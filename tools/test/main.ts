import { mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { judgeCoverage } from './coverage.ts'
import { isTestPhase, select, sideBySide, USAGE, type Outcome, type Phase } from './phases.ts'
import { runNodes, runTests, type TestRun } from './run-tests.ts'
import { slowest } from './slowest.ts'
import { runNode } from './tool.ts'

/** `npm test [-- phase… [part of a file name…]]`: stops at the first phase that fails. */

/** The repository, from dist/tools/test. */
const ROOT = path.resolve(import.meta.dirname, '../../..')

const say = (line: string) => process.stdout.write(`${line}\n`)

function runPhase(phase: Phase, run: TestRun): Promise<Outcome> {
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
    case 'nodes':
      return runNodes(run)
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
  const { problems } = JSON.parse(text) as { problems: readonly { text: string }[] }
  if (problems.length > 0) {
    return { ok: false, problem: problems.map((problem) => problem.text).join('\n') }
  }
  return { ok: true, note: 'compiled before the phases' }
}

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    say(USAGE)
    return 0
  }
  const selection = select(args)
  if ('ok' in selection) {
    say(selection.problem)
    return 2
  }
  const { phases, filters } = selection
  const raw = phases.includes('coverage')
    ? await mkdtemp(path.join(os.tmpdir(), 'rauth-coverage-'))
    : undefined
  const run: TestRun = { root: ROOT, say, filters, raw, times: [] }
  const begin = performance.now()
  try {
    for (const group of sideBySide(phases)) {
      const passed = await Promise.all(group.map((phase) => tryPhase(phase, run)))
      if (passed.includes(false)) return 1
    }
  } finally {
    if (raw !== undefined) await rm(raw, { recursive: true, force: true })
  }
  for (const line of slowest(run.times)) say(line)
  say(`passed: ${phases.join(', ')}, in ${since(begin)}`)
  return 0
}

async function tryPhase(phase: Phase, run: TestRun): Promise<boolean> {
  const start = performance.now()
  say(`${phase}…`)
  const outcome = await runPhase(phase, run)
  const took = since(start)
  if (outcome.ok) {
    say(`${phase}: ok, ${took}${outcome.note === undefined ? '' : ` (${outcome.note})`}`)
    return true
  }
  say(`${outcome.problem}\n${phase}: FAILED after ${took}`)
  const again = [phase, ...(isTestPhase(phase) ? run.filters : [])]
  say(`only this again: npm test -- ${again.join(' ')}`)
  return false
}

function since(start: number): string {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`
}

process.exitCode = await main(process.argv.slice(2))
