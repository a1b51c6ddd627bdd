import { existsSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { installParts } from '../parts/install.ts'
import { writeBatches } from './batches.ts'
import { installClients } from './clients.ts'
import type { Outcome, TestPhase } from './phases.ts'
import type { FileTime } from './slowest.ts'
import { longFirst } from './start-order.ts'
import { compiledFile, testFiles } from './test-files.ts'
import { runNode, type ToolOptions } from './tool.ts'

/** What the phases of tests run, and by what. */

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

const NODES = ['node22', 'node24'] as const

const RUNNER = 'tools/test/run-files.ts'
/** Loaded before every test file: random tests are repeatable, programs make no coverage, the end is the end. */
const BEFORE = [
  'test/support/property-seed.ts',
  'tools/test/without-coverage.ts',
  'tools/test/end-at-once.ts',
]

/** Loaded, too: a file that takes too long says what it waits for. */
const SPEAKS = 'tools/test/say-what-waits.ts'
/** Milliseconds that one test file may take: four times what the longest does where there is nothing else. */
const LIMIT = 8 * 60_000
/** How long before that it says so. */
const NOTICE = 10_000

const PROCESSORS = os.availableParallelism()

export interface TestRun {
  /** The repository. */
  readonly root: string
  readonly say: (line: string) => void
  readonly filters: readonly string[]
  /** Where tests leave their coverage, when it is judged after them. */
  readonly raw: string | undefined
  /** Gets the time of each file that had a process of its own. */
  readonly times: FileTime[]
}

export async function runTests(phase: TestPhase, run: TestRun): Promise<Outcome> {
  const { root, filters, say } = run
  const files = testFiles(root, phase, filters)
  if (files.length === 0) {
    const why =
      filters.length === 0 ? 'it is empty' : `none has ${filters.join(' or ')} in its name`
    return { ok: false, problem: `no test file in test/${phase}: ${why}` }
  }
  const missing = files.map(compiledFile).filter((file) => !existsSync(path.join(root, file)))
  if (missing.length > 0) {
    return { ok: false, problem: `not compiled: ${missing.join(', ')}; next: npm run build` }
  }
  announce(run, phase, files)
  if (phase !== 'e2e') {
    const options = { env: { ...process.env, NODE_V8_COVERAGE: run.raw ?? '' } }
    // A file that is asked for by its name has a process of its own.
    const inBatches = phase === 'unit' && filters.length === 0
    return inBatches ? runBatches(run, files, options) : runFiles(run, files, options)
  }
  await installParts(E2E_PARTS, { progress: say })
  const clients = await installClients({ progress: say })
  const outcome = await runFiles(run, files, {
    // What the real programs run through is not what the core's own tests check.
    env: { ...process.env, ...clients.env, NODE_V8_COVERAGE: '' },
  })
  if (!outcome.ok || clients.missing.length === 0) return outcome
  return { ok: true, note: `WITHOUT ${clients.missing.join(', ')}, which this machine can't have` }
}

/**
 * The other lines of Node that rauth runs on: all unit tests, and the bundled program among the real
 * parts.
 */
export async function runNodes(run: TestRun): Promise<Outcome> {
  const nodes = await installParts(NODES, { progress: run.say })
  const unit = testFiles(run.root, 'unit', [])
  const e2e = testFiles(run.root, 'e2e', ['lifecycle'])
  for (const name of NODES) {
    announce(run, name, [...unit, ...e2e])
    const options = { node: nodes[name] }
    const outcome = await runBatches(run, unit, options)
    if (!outcome.ok) return outcome
    const last = await runFiles(run, e2e, options)
    if (!last.ok) return last
  }
  return { ok: true }
}

function announce({ say }: TestRun, title: string, files: readonly string[]): void {
  say(`${title}: ${files.length} file${files.length === 1 ? '' : 's'}`)
  for (const file of files) say(`  ${file}`)
}

type Environment = Pick<ToolOptions, 'env' | 'node'>

/** Each in a process of its own; those that wait for real programs leave a processor to another. */
function runFiles(
  { root, times }: TestRun,
  files: readonly string[],
  options: Environment,
): Promise<Outcome> {
  const names = new Map(files.map((file) => [path.join(root, compiledFile(file)), file]))
  const modules = longFirst(files).map((file) => path.join(root, compiledFile(file)))
  return runModules(root, modules, {
    ...options,
    concurrency: Math.min(4, PROCESSORS + 1),
    onMessage(message) {
      const { module, milliseconds } = message as { module: string; milliseconds: number }
      times.push({ file: names.get(module) ?? module, milliseconds })
    },
  })
}

/** Files that wait for nothing, many in a process. */
async function runBatches(
  { root }: TestRun,
  files: readonly string[],
  options: Environment,
): Promise<Outcome> {
  const modules = await writeBatches(
    path.join(root, 'dist', 'batches'),
    files.map((file) => path.join(root, compiledFile(file))),
    // More than run at once: they do not take the same time.
    3 * PROCESSORS,
  )
  return runModules(root, modules, { ...options, concurrency: PROCESSORS })
}

async function runModules(
  root: string,
  modules: readonly string[],
  { concurrency, ...options }: Omit<ToolOptions, 'cwd'> & { readonly concurrency: number },
): Promise<Outcome> {
  const compiled = (file: string) => path.join(root, compiledFile(file))
  const { code } = await runNode(
    [
      '--enable-source-maps',
      ...BEFORE.flatMap((file) => ['--import', pathToFileURL(compiled(file)).href]),
      ...['--import', `${pathToFileURL(compiled(SPEAKS)).href}?after=${String(LIMIT - NOTICE)}`],
      ...[compiled(RUNNER), String(concurrency), String(LIMIT), ...modules],
    ],
    { cwd: root, show: true, ...options },
  )
  return code === 0 ? { ok: true } : { ok: false, problem: `the test runner: exit code ${code}` }
}
