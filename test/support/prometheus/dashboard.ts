import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { CHART } from '../chart/helm-release.ts'
import { JOB } from './prometheus.ts'

/** A panel as Grafana reads it. */
export interface Panel {
  readonly type: 'row' | 'stat' | 'timeseries'
  readonly title: string
  readonly gridPos: {
    readonly x: number
    readonly y: number
    readonly w: number
    readonly h: number
  }
  readonly unit: string
  /** The first has no value. */
  readonly steps: readonly { readonly color: string; readonly value: number | null }[]
  readonly queries: readonly { readonly expr: string; readonly legend: string }[]
}

interface Written {
  readonly type: Panel['type']
  readonly title: string
  readonly gridPos: Panel['gridPos']
  readonly fieldConfig?: {
    readonly defaults: {
      readonly unit: string
      readonly thresholds?: { readonly steps: Panel['steps'] }
    }
  }
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[]
}

/** The panels of the chart's dashboard, its variables as Grafana fills them in. */
export async function panelsOfDashboard(rateInterval: string): Promise<readonly Panel[]> {
  const text = await readFile(path.join(CHART, 'files/dashboard.json'), 'utf8')
  const filled = (expr: string) =>
    expr.replaceAll('$job', JOB).replaceAll('$__rate_interval', rateInterval)
  const { panels } = JSON.parse(text) as { panels: readonly Written[] }
  return panels.map(({ type, title, gridPos, fieldConfig, targets = [] }) => ({
    ...{ type, title, gridPos },
    unit: fieldConfig?.defaults.unit ?? '',
    steps: fieldConfig?.defaults.thresholds?.steps ?? [],
    queries: targets.map(({ expr, legendFormat }) => ({
      expr: filled(expr),
      legend: legendFormat,
    })),
  }))
}
