import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { parse } from 'yaml'
import { CHART } from '../support/chart/helm-release.ts'

export const RULES = path.join(CHART, 'files/rules.yaml')

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly { readonly alert?: string; readonly for?: string }[]
  }[]
}

/** Minutes that each alert of the chart waits, by its name. */
export async function alertsOfChart(): Promise<ReadonlyMap<string, number>> {
  const { groups } = parse(await readFile(RULES, 'utf8')) as Rules
  const alerts = new Map<string, number>()
  for (const { alert, for: wait } of groups.flatMap(({ rules }) => rules)) {
    if (alert !== undefined) alerts.set(alert, minutesOf(wait ?? '0m'))
  }
  return alerts
}

/** `2m`, `1h` in minutes. */
function minutesOf(wait: string): number {
  const [, count, unit] = /^(\d+)([mh])$/.exec(wait) ?? []
  if (count === undefined) throw new Error(`a wait of ${wait}: no minutes and no hours`)
  return Number(count) * (unit === 'h' ? 60 : 1)
}
