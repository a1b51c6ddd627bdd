import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { installParts } from '../parts/install.ts'
import { installClients } from './clients.ts'
import { judgeCoverage } from './coverage.ts'
import { isTestPhase, select, USAGE, type Outcome, type Phase, type TestPhase } from './phases.ts'
import { compiledFile, testFiles } from './test-files.ts'
import { runNode, type ToolOptions } from './tool.ts'

/** `npm test [-- phase… [part of a file name…]]`: stops at the first phase that fails. */

/** The repository, from dist/tools/test. */
const ROOT = path.resolve(import.meta.dirname, '../../..')

/** Minutes that one test file may take; a test that hangs must not hang the run. */
const LIMIT = 10

const E2E_PARTS = [
  'envoy',
  'registry3',
  'registry2',
  'olareg',
  'crane',
  'skopeo',
  'nginx',
  'haproxy',
  'podman',
  'buildah',
  'helm',
  'grpcurl',
  'etcd',
  'kube-apiserver',
  'kubectl',
  'kubelet-credentials',
  'chromium',
  'node24',
] as const
/** Says what failed, and of the rest not more than needed. */
const REPORTER = 'tools/test/reporter.ts'
/** Makes random tests repeatable. */
const SEED = 'test/support/property-seed.ts'

const NODES = ['node22', 'node24'] as const

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
    case 'nodes':
      return runNodes()
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
  if (phase !== 'e2e') {
    return runFiles(phase, files, { env: { ...process.env, NODE_V8_COVERAGE: raw ?? '' } })
  }
  await installParts(E2E_PARTS, { progress: say })
  const clients = await installClients({ progress: say })
  const outcome = await runFiles(phase, files, {
    // What the real programs run through is not what the core's own tests check.
    env: { ...process.env, ...clients.env, NODE_V8_COVERAGE: '' },
  })
  if (!outcome.ok || clients.missing.length === 0) return outcome
  return { ok: true, note: `WITHOUT ${clients.missing.join(', ')}, which this machine can't have` }
}

async function runFiles(
  title: string,
  files: readonly string[],
  options: Pick<ToolOptions, 'env' | 'node'>,
): Promise<Outcome> {
  say(`${title}: ${files.length} file${files.length === 1 ? '' : 's'}`)
  for (const file of files) say(`  ${file}`)
  const { code } = await runNode(
    [
      ...['--enable-source-maps', '--test'],
      ...['--test-reporter', pathToFileURL(path.join(ROOT, compiledFile(REPORTER))).href],
      ...['--import', pathToFileURL(path.join(ROOT, compiledFile(SEED))).href],
      // A stack of real programs is work for two processors; more at once would time out.
      ...['--test-concurrency', String(Math.min(2, os.availableParallelism()))],
      ...['--test-timeout', String(LIMIT * 60_000)],
      ...files.map(compiledFile),
    ],
    { cwd: ROOT, show: true, ...options },
  )
  return code === 0 ? { ok: true } : { ok: false, problem: `node --test: exit code ${code}` }
}

/**
 * The other lines of Node that rauth runs on: all unit tests, and the bundled program among the real
 * parts.
 */
async function runNodes(): Promise<Outcome> {
  const nodes = await installParts(NODES, { progress: say })
  const files = [...testFiles(ROOT, 'unit', []), ...testFiles(ROOT, 'e2e', ['lifecycle'])]
  for (const name of NODES) {
    const outcome = await runFiles(name, files, { node: nodes[name] })
    if (!outcome.ok) return outcome
  }
  return { ok: true }
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
  const begin = performance.now()
  try {
    for (const phase of phases) {
      const start = performance.now()
      say(`${phase}…`)
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
