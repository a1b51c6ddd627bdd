import type { KnownMetric } from './known.ts'

const [BEGIN, END] = [
  '<!-- begin of what is made by `node tools/run.mjs metrics` -->',
  '<!-- end -->',
]

/** The page with the table of metrics between its marks. */
export function withTable(page: string, metrics: readonly KnownMetric[]): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)]
  if (begin < 0 || end < begin) throw new Error(`the page has no ${BEGIN} … ${END}`)
  return `${page.slice(0, begin + BEGIN.length)}\n\n${tableOf(metrics)}\n\n${page.slice(end)}`
}

function tableOf(metrics: readonly KnownMetric[]): string {
  const own = metrics.filter(({ name }) => name.startsWith('rauth_'))
  const rows = own.map(({ name, type, labels, help, programs }) =>
    [code(name), type, labels.map(code).join(', '), programs.join(', '), help].join(' | '),
  )
  return [
    '| metric | type | labels | of `rauth …` | meaning |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map((row) => `| ${row} |`),
  ].join('\n')
}

function code(text: string): string {
  return `\`${text}\``
}
