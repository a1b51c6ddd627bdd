import { DOCUMENTS } from './clause.ts'
import type { ClauseResult } from './suite.ts'

export interface Count {
  readonly pass: number
  readonly failMust: number
  readonly failShould: number
  readonly notOffered: number
}

export function count(results: readonly ClauseResult[]): Count {
  const of = (outcome: ClauseResult['outcome'], level?: string) =>
    results.filter(
      (one) => one.outcome === outcome && (level === undefined || one.clause.level === level),
    ).length
  return {
    pass: of('pass'),
    failMust: of('fail', 'MUST'),
    failShould: of('fail', 'SHOULD'),
    notOffered: of('not offered'),
  }
}

export function countInWords(results: readonly ClauseResult[]): string {
  const { pass, failMust, failShould, notOffered } = count(results)
  return (
    `${results.length} clauses: ${pass} pass, ${failMust} MUST and ${failShould} SHOULD fail, ` +
    `${notOffered} not offered`
  )
}

/** A line a clause, for a terminal. */
export function textReport(results: readonly ClauseResult[]): string {
  const lines = results.map(({ clause, outcome, note }) => {
    const head = `${outcome.padEnd(11)} ${clause.level.padEnd(6)} ${clause.id.padEnd(28)}`
    const source = `[${clause.document}: ${clause.place}]`
    return `${head} ${clause.demand} ${source}${note === '' ? '' : `\n${' '.repeat(19)}${note}`}`
  })
  return [...lines, '', countInWords(results)].join('\n')
}

/** Results of several servers side by side, as a Markdown table. */
export function markdownTable(
  servers: readonly (readonly [name: string, results: readonly ClauseResult[]])[],
): string {
  const first = servers[0]?.[1] ?? []
  const names = servers.map(([name]) => name)
  const rows = first.map(({ clause }, index) => {
    const cells = servers.map(([, results]) => cellOf(results[index]))
    const demand = `\`${clause.id}\` ${plain(clause.demand)}`
    return [demand, plain(`${clause.document}, ${clause.place}`), clause.level, ...cells]
  })
  const head = ['clause', 'from', 'level', ...names]
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** Text that means nothing to Markdown. */
function plain(text: string): string {
  return text.replace(/[|*_<]/g, '\\$&')
}

function cellOf(result: ClauseResult | undefined): string {
  if (result === undefined) return ''
  if (result.outcome === 'pass') return 'pass'
  return result.outcome === 'fail' ? `**fail**: ${plain(result.note)}` : 'not offered'
}

export function documentList(): string {
  return Object.entries(DOCUMENTS)
    .map(([name, title]) => `- ${name}: ${title}`)
    .join('\n')
}
