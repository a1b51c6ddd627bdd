import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Outcome } from './phases.ts'
import { runNode } from './tool.ts'

/** What decides about access; the adapters around it are judged by what they answer on the wire. */
const CORE = [
  'src/registry/**',
  'src/policy/**',
  'src/credentials/**',
  'src/token/**',
  'src/issue-token.ts',
  'src/check-access.ts',
  'src/decision.ts',
]

const FLOORS = { lines: 95, branches: 90 } as const

interface FileSummary {
  readonly lines: { readonly pct: number }
  readonly branches: { readonly pct: number }
}

/** Judges what the tests before left in `raw` (NODE_V8_COVERAGE), in terms of the TypeScript. */
export async function judgeCoverage(root: string, raw: string): Promise<Outcome> {
  const reports = path.join(root, 'coverage')
  const { code, output } = await runNode(
    [
      path.join(root, 'node_modules', 'c8', 'bin', 'c8.js'),
      ...['report', '--all', '--exclude-after-remap', '--clean=false'],
      ...['--temp-directory', raw, '--reports-dir', reports],
      ...['--reporter', 'json-summary', '--reporter', 'lcovonly'],
      ...['--src', 'src', '--extension', '.ts', '--extension', '.js'],
      ...CORE.flatMap((pattern) => ['--include', pattern]),
      ...(await typeOnly(root)).flatMap((file) => ['--exclude', file]),
    ],
    { cwd: root },
  )
  if (code !== 0) return { ok: false, problem: `c8 failed (exit code ${code}):\n${output}` }
  const text = await readFile(path.join(reports, 'coverage-summary.json'), 'utf8')
  const { total, ...files } = JSON.parse(text) as Record<string, FileSummary>
  if (total === undefined || Object.keys(files).length === 0) {
    return { ok: false, problem: 'no coverage was measured' }
  }
  const figures = `${Object.keys(files).length} files, ${inWords(total)}`
  if (total.lines.pct >= FLOORS.lines && total.branches.pct >= FLOORS.branches) {
    return { ok: true, note: figures }
  }
  const lowest = Object.entries(files)
    .filter(([, { lines, branches }]) => lines.pct < FLOORS.lines || branches.pct < FLOORS.branches)
    .map(([file, summary]) => `  ${path.relative(root, file)}: ${inWords(summary)}`)
  return {
    ok: false,
    problem: [
      `the core: ${figures}; wanted are lines ${FLOORS.lines} %, branches ${FLOORS.branches} %`,
      ...lowest,
      'line by line: coverage/lcov.info',
    ].join('\n'),
  }
}

/** Sources of types alone: nothing loads them, so all of their lines would count as not covered. */
async function typeOnly(root: string): Promise<readonly string[]> {
  const compiled = path.join(root, 'dist', 'src')
  const names = await readdir(compiled, { recursive: true })
  const sources: string[] = []
  for (const name of names.filter((file) => file.endsWith('.js'))) {
    const text = await readFile(path.join(compiled, name), 'utf8')
    if (/^export \{\};\s*(\/\/# sourceMappingURL=.*\s*)?$/.test(text)) {
      sources.push(path.join('src', name.replace(/\.js$/, '.ts')))
    }
  }
  return sources
}

function inWords({ lines, branches }: FileSummary): string {
  return `lines ${lines.pct} %, branches ${branches.pct} %`
}
