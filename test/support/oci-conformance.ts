import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { findOnPath, isExecutable, runProgram } from '../../tools/parts/program.ts'
import type { Login } from './clients.ts'
import { unpack } from './unpack.ts'

/** What the program of the OCI distribution-spec (its folder `conformance`) is called on PATH. */
const COMMAND = 'oci-conformance'

/** Names the program where it is not on PATH, as it is or packed with xz. */
const VARIABLE = 'OCI_CONFORMANCE'

export const NO_PROGRAM = `no ${COMMAND} on PATH, and ${VARIABLE} does not name one`

/** Milliseconds; a run takes some seconds. */
const LIMIT = 300_000

export interface ConformanceReport {
  /**
   * A line for each test and group of tests: its name, what became of it and why, without what is
   * another in each run. Some names come more than once; the order is not the same in all runs.
   */
  readonly verdicts: readonly string[]
  /** How many tests by what became of them, and `Total`. */
  readonly totals: Readonly<Record<string, number>>
}

export interface ConformanceTarget {
  /** `localhost:PORT`, without TLS. */
  readonly registry: string
  /** Two repositories under this name are written to. */
  readonly under: string
  readonly login?: Login
  /** More of the program's own settings, such as `OCI_API_REFERRER`. */
  readonly settings?: Readonly<Record<string, string>>
}

/** The program's file, or `undefined`. Throws when the one that the variable names is not there. */
export async function findOciConformance(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const named = env[VARIABLE]
  if (named === undefined || named === '') return (await findOnPath([COMMAND], env))[0]
  const file = path.resolve(named)
  // What is packed need not be executable; xz tells what is wrong with it.
  if (isPacked(file) || (await isExecutable(file))) return file
  throw new Error(`${VARIABLE} is ${named}: no executable file`)
}

const isPacked = (file: string) => file.endsWith('.xz')

/** A program that is run in a folder of its own, without the environment's settings for it. */
export interface OciConformance {
  run(target: ConformanceTarget): Promise<ConformanceReport>
  remove(): Promise<void>
}

export async function ociConformance(file: string): Promise<OciConformance> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'rauth-oci-conformance-'))
  const unpacked = path.join(directory, COMMAND)
  if (isPacked(file)) await unpack(file, unpacked)
  const program = isPacked(file) ? unpacked : file
  return {
    async run({ registry, under, login, settings }) {
      const results = await mkdtemp(path.join(directory, 'results-'))
      const ran = await runProgram(program, [], {
        cwd: results,
        limit: LIMIT,
        env: {
          PATH: process.env['PATH'],
          HOME: results,
          ...{ OCI_REGISTRY: registry, OCI_TLS: 'disabled', OCI_VERSION: '1.1' },
          ...{ OCI_REPO1: `${under}/one`, OCI_REPO2: `${under}/two` },
          ...(login && { OCI_USERNAME: login.username, OCI_PASSWORD: login.password }),
          // Else it logs each failed test, which the report has.
          ...{ OCI_LOG: 'error', OCI_RESULTS_DIR: results },
          ...settings,
        },
      })
      const report = readReport(ran.stdout)
      if (report.totals['Total'] !== undefined) return report
      throw new Error(`${COMMAND}: exit code ${ran.code}, no totals\n${ran.stdout}${ran.stderr}`)
    },
    remove: () => rm(directory, { recursive: true, force: true }),
  }
}

const VERDICT = /^ *OCI Conformance Test.*: (Pass|FAIL|Skip|Disabled|Error)$/
const TOTAL = /^ {2}(\w+)\.*: +(\d+)$/

/** Reads what the program prints at its end. */
export function readReport(text: string): ConformanceReport {
  const verdicts: string[] = []
  const totals: Record<string, number> = {}
  for (const line of between(text, '', '\nConfiguration:')) {
    if (VERDICT.test(line)) verdicts.push(line.trim())
    // Why, in lines of its own; before the first verdict there is the title.
    else if (verdicts.length > 0) verdicts.push(`${verdicts.pop() ?? ''}; ${lasting(line)}`)
  }
  for (const line of between(text, '\nOCI Conformance Result:', '\n\n')) {
    const [, outcome, count] = TOTAL.exec(line) ?? []
    if (outcome !== undefined) totals[outcome] = Number(count)
  }
  return { verdicts, totals }
}

function between(text: string, from: string, to: string): readonly string[] {
  const start = text.indexOf(from)
  if (start < 0) return []
  return text.slice(start, text.indexOf(to, start + 1)).split('\n')
}

/** A line without the contents that are random and their digests, and without the registry's port. */
function lasting(line: string): string {
  return line
    .trim()
    .replace(/expected \{.*\}, received/, 'expected …, received')
    .replace(/\b[0-9a-f]{64,}\b/g, '…')
    .replace(/localhost:[0-9]+/g, 'localhost')
}
