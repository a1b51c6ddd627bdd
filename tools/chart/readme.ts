import type { DescribedValue } from './values.ts'

/** Where helm-docs puts the table, and so do we. */
const TABLE = '{{ template "chart.valuesTable" . }}'

/** The README of the chart: its template with the table of values in it. */
export function readmeOf(template: string, values: readonly DescribedValue[]): string {
  if (!template.includes(TABLE)) throw new Error(`README.md.gotmpl has no ${TABLE}`)
  return template.replace(TABLE, () => tableOf(values))
}

function tableOf(values: readonly DescribedValue[]): string {
  const rows = values.map(({ path, value, description }) =>
    [code(path.join('.')), code(JSON.stringify(value)), escaped(description)].join(' | '),
  )
  return [
    '| Key | Default | Description |',
    '| --- | --- | --- |',
    ...rows.map((row) => `| ${row} |`),
  ].join('\n')
}

function code(text: string): string {
  return `\`${escaped(text)}\``
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|')
}
