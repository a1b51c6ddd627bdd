import { SECTIONS } from './dashboard-panels.ts'
import type { PanelRow } from './dashboard-queries.ts'

const SOURCE = { type: 'prometheus', uid: '${datasource}' }

const COLUMNS = 24
const HEIGHTS = { row: 1, stat: 4, timeseries: 8 } as const

/** The dashboard as Grafana imports it (schema of its JSON model, version 39). */
export function dashboard(): object {
  return {
    ...{ title: 'rauth', uid: 'rauth', tags: ['rauth', 'registry'], timezone: '' },
    ...{ schemaVersion: 39, version: 2, refresh: '30s', editable: true },
    time: { from: 'now-6h', to: 'now' },
    templating: { list: [sourceVariable(), jobVariable()] },
    panels: panels(),
  }
}

function sourceVariable(): object {
  return { name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Data source' }
}

function jobVariable(): object {
  return {
    ...{ name: 'job', type: 'query', label: 'Job', datasource: SOURCE },
    ...{ query: 'label_values(rauth_build_info, job)', refresh: 2, multi: true, includeAll: true },
  }
}

/** Left to right and top to bottom; a section begins a line of its own. */
function panels(): readonly object[] {
  const placed: object[] = []
  let [x, y, height] = [0, 0, 0]
  const endLine = () => {
    ;[x, y, height] = [0, y + height, 0]
  }
  function place(width: number, tall: number, panel: object): void {
    if (x + width > COLUMNS) endLine()
    placed.push({ id: placed.length + 1, ...panel, gridPos: { x, y, w: width, h: tall } })
    ;[x, height] = [x + width, Math.max(height, tall)]
  }
  for (const { title, panels: rows } of SECTIONS) {
    endLine()
    place(COLUMNS, HEIGHTS.row, { type: 'row', title, collapsed: false, panels: [] })
    for (const row of rows) place(row.width, HEIGHTS[row.type], panelOf(row))
  }
  return placed
}

function panelOf({ title, description, type, unit, queries, limits }: PanelRow): object {
  const steps = [
    { color: 'green', value: null },
    ...(limits ?? []).map((value, at) => ({ color: at === 0 ? 'yellow' : 'red', value })),
  ]
  return {
    ...{ title, description, type, datasource: SOURCE },
    fieldConfig: {
      defaults: { unit, min: 0, ...(limits && { thresholds: { mode: 'absolute', steps } }) },
      overrides: [],
    },
    options:
      type === 'stat'
        ? { reduceOptions: { calcs: ['lastNotNull'] }, colorMode: 'value' }
        : { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi' } },
    targets: queries.map(([expr, legendFormat = ''], at) => ({
      ...{ refId: String.fromCharCode(65 + at), datasource: SOURCE, expr, legendFormat },
    })),
  }
}
