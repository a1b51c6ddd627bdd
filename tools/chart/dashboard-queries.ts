/** A panel of the dashboard, without what all panels have. */
export interface PanelRow {
  readonly title: string
  readonly description: string
  readonly type: 'stat' | 'timeseries'
  /** As Grafana calls units. */
  readonly unit: string
  /** Of 24 columns. */
  readonly width: number
  /** PromQL and what a line is called. */
  readonly queries: readonly (readonly [expr: string, legend?: string])[]
  /** From which value on it is yellow, and red. */
  readonly limits?: readonly [yellow: number, red: number]
}

export interface Section {
  readonly title: string
  readonly panels: readonly PanelRow[]
}

export const JOB = 'job=~"$job"'
export const RANGE = '$__rate_interval'
export const rate = (name: string, ...labels: readonly string[]) =>
  `rate(${name}{${[JOB, ...labels].join(',')}}[${RANGE}])`
export const increase = (name: string, ...labels: readonly string[]) =>
  `increase(${name}{${[JOB, ...labels].join(',')}}[${RANGE}])`
export const quantile = (share: number, by: string, ...labels: readonly string[]) =>
  `histogram_quantile(${String(share)}, sum by (le, ${by}) ` +
  `(${rate('rauth_decision_duration_seconds_bucket', ...labels)}))`
