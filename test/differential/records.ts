import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { auditLines, type AuditLine } from '../support/audit-lines.ts'
import { ask } from '../support/http.ts'
import type { Stack } from '../support/stack.ts'
import { until } from '../support/until.ts'

/** Of rauth's configuration: every decision has a line, in a file of its own. */
export const AUDIT = { audit: { to: './audit.log' } }

/** Longest until what was answered is written, milliseconds. */
const PATIENCE = 20_000

/** A request, as Envoy's access log has it. */
interface Passed {
  readonly requestId?: string
  readonly method: string | null
  readonly path: string | null
  readonly status: number
  /** Who answered. */
  readonly details: string
  readonly upstream: string | null
}

/** What Envoy says of a request that rauth was asked about, and of one that it may have been asked about. */
const ASKED = /^(?:ext_authz_denied|via_upstream)$/
const PERHAPS = /disconnect|reset|timeout|ext_authz_error|codec_error/

/** The records of all decisions that a rauth made, once as many are written as it counted. */
export async function recordsOf({
  config,
  operations,
}: Pick<Stack, 'config' | 'operations'>): Promise<readonly AuditLine[]> {
  const file = path.join(path.dirname(config), AUDIT.audit.to)
  let lines: readonly AuditLine[] = []
  let counted: number | undefined
  await until('the audit has what was counted', PATIENCE, async () => {
    const { body } = await ask(operations, '/metrics')
    counted = sumOf(body)
    lines = auditLines(await readFile(file, 'utf8'))
    return lines.length === counted
  }).catch(() => {
    throw new Error(`${String(counted)} decisions are counted, and ${String(lines.length)} written`)
  })
  return lines
}

/** Decisions by half, outcome and reason, as metrics count them. */
function sumOf(metrics: string): number {
  return [...metrics.matchAll(/^rauth_decisions_total\{.*\} (\d+)$/gm)]
    .map(([, count]) => Number(count))
    .reduce((one, other) => one + other, 0)
}

export interface RecordsJudged {
  /** What has no record, more than one, or another than it was answered; ready to print. */
  readonly wrong: readonly string[]
  /** Requests that Envoy answered by itself, without rauth; by what it says of them. */
  readonly alone: ReadonlyMap<string, number>
  readonly recorded: number
}

/** Holds what Envoy says that it was asked against the records: one each, of what rauth was asked about. */
export async function judgeRecords(stack: Stack): Promise<RecordsJudged> {
  const records = await recordsOf(stack)
  const byRequest = new Map<string, AuditLine[]>()
  const wrong: string[] = []
  for (const record of records) {
    const id = record['requestId']
    if (typeof id === 'string') byRequest.set(id, [...(byRequest.get(id) ?? []), record])
  }
  if (new Set(records.map(({ id }) => id)).size < records.length) wrong.push('an id is there twice')
  const alone = new Map<string, number>()
  let passed: readonly Passed[] = []
  // It is written every half second.
  await until('Envoy’s log has what was recorded', PATIENCE, async () => {
    passed = requestsOf(await stack.envoyLog())
    const logged = new Set(passed.map(({ requestId }) => requestId))
    return [...byRequest.keys()].every((id) => logged.has(id))
  }).catch(() => wrong.push('a record is of a request that Envoy never had'))
  for (const one of passed) {
    const found = byRequest.get(one.requestId ?? '') ?? []
    const problem = problemOf(one, found)
    if (problem !== undefined) wrong.push(`${JSON.stringify(one)}: ${problem}`)
    if (found.length === 0) alone.set(one.details, (alone.get(one.details) ?? 0) + 1)
  }
  return { wrong, alone, recorded: records.length }
}

function problemOf(passed: Passed, found: readonly AuditLine[]): string | undefined {
  const { details, upstream, status } = passed
  const [record, ...more] = found
  if (more.length > 0) return `${found.length} records: ${JSON.stringify(found)}`
  if (ASKED.test(details)) {
    if (record === undefined) return 'no record'
    // The registry's answers have a status of its own.
    const isRegistrys = details === 'via_upstream' && upstream === 'registry'
    const right = isRegistrys ? record.outcome === 'allowed' : record['status'] === status
    return right ? undefined : `recorded as ${record.outcome}, ${String(record['status'])}`
  }
  return PERHAPS.test(details) || record === undefined
    ? undefined
    : 'a record of what was not asked'
}

function requestsOf(log: string): readonly Passed[] {
  return log
    .split('\n')
    .slice(0, -1)
    .filter((line) => line.startsWith('{') && line.includes('"details"'))
    .map((line) => JSON.parse(line) as Passed)
}
