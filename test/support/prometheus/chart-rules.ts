import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { parse } from 'yaml'
import { CHART } from '../chart/helm-release.ts'

/** The rules of the chart, a file. */
export const RULES = path.join(CHART, 'files/rules.yaml')

export interface Rule {
  readonly alert?: string
  readonly for?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

export async function rulesOfChart(): Promise<readonly Rule[]> {
  const { groups } = parse(await readFile(RULES, 'utf8')) as {
    groups: readonly { rules: readonly Rule[] }[]
  }
  return groups.flatMap(({ rules }) => rules)
}

/** Minutes that each alert of the chart waits, by its name. */
export async function alertsOfChart(): Promise<ReadonlyMap<string, number>> {
  const alerts = new Map<string, number>()
  for (const { alert, for: wait } of await rulesOfChart()) {
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
