import { mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { parse } from 'yaml'
import { CHART } from '../support/chart/helm-release.ts'
import { startPrometheus } from '../support/prometheus/prometheus.ts'
import { openScene } from './trouble.ts'
import { TROUBLES, UNMADE } from './troubles.ts'

/**
 * `node tools/run.mjs alarms [--minutes N]`: brings real rauths into trouble, side by side, has a real Prometheus look at
 * them by the rules of the chart as they are, and tells after how long each alert fires. The waits of the rules are part
 * of that: 25 minutes show all but those that wait for an hour.
 */
const RULES = path.join(CHART, 'files/rules.yaml')
/** Seconds between two scrapes, two evaluations, and two looks. */
const INTERVAL = 5
const FIRING = 'ALERTS{alertstate="firing"}'

const MADE: ReadonlySet<string> = new Set(TROUBLES.flatMap(({ alerts }) => alerts))

const say = (line: string) => process.stdout.write(`${line}\n`)

interface Rule {
  readonly alert?: string
  readonly for?: string
}

async function alertsOfChart(): Promise<ReadonlyMap<string, string>> {
  const { groups } = parse(await readFile(RULES, 'utf8')) as {
    groups: readonly { rules: readonly Rule[] }[]
  }
  return new Map(
    groups
      .flatMap(({ rules }) => rules)
      .flatMap(({ alert, for: wait }) => (alert === undefined ? [] : [[alert, wait ?? '0m']])),
  )
}

/** `2m`, `1h` in minutes. */
function minutesOf(wait = ''): number {
  const [, count, unit] = /^(\d+)([mh])$/.exec(wait) ?? []
  if (count === undefined) throw new Error(`a wait of ${wait}: no minutes and no hours`)
  return Number(count) * (unit === 'h' ? 60 : 1)
}

async function drill(minutes: number): Promise<boolean> {
  const waits = await alertsOfChart()
  const home = await mkdtemp(path.join(os.tmpdir(), 'rauth-alarms-'))
  const scene = openScene(home)
  try {
    for (const { what, begin } of TROUBLES) {
      await begin(scene)
      say(`began: ${what}`)
    }
    const prometheus = await startPrometheus({
      ...{ interval: INTERVAL, rules: RULES, targets: scene.ports },
    })
    scene.onEnd(() => prometheus.stop())
    const fired = new Map<string, number>()
    const begin = performance.now()
    const passed = () => (performance.now() - begin) / 1_000
    const isOpen = (alert: string) => !fired.has(alert) && minutesOf(waits.get(alert)) < minutes
    while (passed() < minutes * 60 && [...MADE].some(isOpen)) {
      for (const { labels } of await prometheus.now(FIRING)) {
        const alert = labels['alertname'] ?? ''
        if (fired.has(alert)) continue
        fired.set(alert, passed())
        say(`fires: ${alert}`)
      }
      await sleep(INTERVAL * 1_000)
    }
    return judge({ waits, fired, minutes })
  } finally {
    await scene.end()
    await rm(home, { recursive: true, force: true })
  }
}

interface Seen {
  readonly waits: ReadonlyMap<string, string>
  /** After how many seconds, with Prometheus looking at trouble that was there already. */
  readonly fired: ReadonlyMap<string, number>
  readonly minutes: number
}

/** Says of each alert of the chart how it went; true if nothing is missing. */
function judge({ waits, fired, minutes }: Seen): boolean {
  let isWhole = true
  for (const [alert, wait] of waits) {
    const seconds = fired.get(alert)
    if (!MADE.has(alert)) {
      isWhole &&= alert in UNMADE
      say(`${alert}: NOT MADE: ${UNMADE[alert] ?? 'no trouble is known that would'}`)
    } else if (seconds !== undefined) {
      say(`${alert}: fires after ${seconds.toFixed(0)} s (for: ${wait})`)
    } else if (minutesOf(wait) >= minutes) {
      say(`${alert}: NOT WAITED FOR: it waits for ${wait}; next: --minutes ${minutesOf(wait) + 5}`)
    } else {
      isWhole = false
      say(`${alert}: DID NOT FIRE within ${minutes} min (for: ${wait})`)
    }
  }
  return isWhole
}

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '25' } } })
const minutes = Number(values.minutes)
if (minutes > 0 && minutes <= 180) {
  if (!(await drill(minutes))) process.exitCode = 1
} else {
  process.stderr.write('usage: node tools/run.mjs alarms [--minutes N], up to 180\n')
  process.exitCode = 2
}
