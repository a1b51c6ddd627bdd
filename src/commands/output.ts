import { Option } from 'commander'
import { visible, visibleJson } from '../printable.ts'

/** Of a command that prints a table, or something that reads like one. */
export type Output = 'table' | 'json'

export const outputOption = () =>
  new Option('-o, --output <format>', 'how').choices(['table', 'json']).default('table')

/** No text in it can do more to a terminal than be read. */
export function printJson(value: unknown): void {
  process.stdout.write(`${visibleJson(value)}\n`)
}

/** Talk, which is never among the data. A line stays one, whatever names are in it. */
export function say(lines: readonly string[]): void {
  for (const line of lines) process.stderr.write(`${visible(line)}\n`)
}
