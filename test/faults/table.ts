import { TIMINGS } from '../../src/adapters/kubernetes/follow/timings.ts'
import { FAULTS, type FaultName } from '../support/kubernetes/fault-table.ts'

/** Where the table stands in docs/kubernetes.md. */
const BEGIN = '<!-- made by: node tools/run.mjs faults --seconds 300 --write -->'
const END = '<!-- end of what is made -->'

/** Milliseconds that rauth was wrong, by fault. */
export type Observed = ReadonlyMap<string, number>

export const NAMES = Object.keys(FAULTS) as readonly FaultName[]

/** Bounds are those of rauth's own times. */
export function markdownTable(observed: Observed): string {
  const rows = NAMES.map((name) => {
    const took = observed.get(name)
    return [name, inWords(FAULTS[name](TIMINGS)), took === undefined ? '' : inWords(took)]
  })
  const cells = [['what happened', 'right again within', 'was after'], ...rows]
  const widths = [0, 1, 2].map((column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  )
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const [head = [], ...others] = cells
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...others.map(line)].join(
    '\n',
  )
}

function inWords(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.ceil(milliseconds)} ms`
  return `${(milliseconds / 1_000).toFixed(milliseconds % 1_000 === 0 ? 0 : 1)} s`
}

/** Milliseconds. */
export function fromWords(text: string): number {
  const [, number, unit] = /^([\d.]+) (ms|s)$/.exec(text) ?? []
  return Number(number) * (unit === 's' ? 1_000 : 1)
}

/** The document with another table in it. */
export function withTable(document: string, table: string): string {
  const [before, after] = [document.split(BEGIN)[0], document.split(END)[1]]
  if (before === undefined || after === undefined)
    throw new Error(`no table between ${BEGIN}, ${END}`)
  return `${before}${BEGIN}\n\n${table}\n\n${END}${after}`
}

/** The rows of the document's table without its head, each with its cells. */
export function rowsOf(document: string): readonly (readonly string[])[] {
  const table = document.split(BEGIN)[1]?.split(END)[0]?.trim() ?? ''
  return table
    .split('\n')
    .slice(2)
    .map((row) =>
      row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
}
