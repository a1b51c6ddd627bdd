import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { alertsOfChart, RULES } from '../support/prometheus/chart-rules.ts'
import { startPrometheus, type Target } from '../support/prometheus/prometheus.ts'
import { openScene } from './trouble.ts'
import { MADE, TROUBLES, UNMADE } from './troubles.ts'

/**
 * `node tools/run.mjs alarms [--minutes N] [ALERT…]`: brings real rauths into trouble, side by side, has a real Prometheus
 * look at them by the rules of the chart as they are, and tells after how long each alert fires. The waits of the rules
 * are part of that: 25 minutes show all but those that wait for an hour. With names it is the troubles of these alone.
 */

/** Seconds between two scrapes, two evaluations, and two looks. */
const INTERVAL = 5
const FIRING = 'ALERTS{alertstate="firing"}'

/** Ctrl-C ends it as its end does: an API server that was stopped in its tracks is not left like that. */
function stopSignal(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      controller.abort()
    })
  }
  return controller.signal
}

const say = (line: string) => process.stdout.write(`${line}\n`)

async function drill(
  minutes: number,
  names: ReadonlySet<string>,
  stop: AbortSignal,
): Promise<boolean> {
  const waits = await alertsOfChart()
  const isWanted = (alert: string) => names.size === 0 || names.has(alert)
  const home = await mkdtemp(path.join(os.tmpdir(), 'rauth-alarms-'))
  const open: { readonly end: () => Promise<void> }[] = []
  try {
    const targets: Target[] = []
    for (const [index, { what, alerts, begin }] of TROUBLES.entries()) {
      if (!alerts.some(isWanted)) continue
      const scene = openScene(path.join(home, String(index)), `trouble-${index}`)
      open.push(scene)
      await mkdir(scene.home)
      await begin(scene)
      targets.push(...scene.targets)
      say(`began: ${what}`)
    }
    const prometheus = await startPrometheus({ interval: INTERVAL, rules: RULES, targets })
    open.push({ end: () => prometheus.stop() })
    const fired = new Map<string, number>()
    const begin = performance.now()
    const passed = () => (performance.now() - begin) / 1_000
    const isOpen = (alert: string) =>
      isWanted(alert) && !fired.has(alert) && (waits.get(alert) ?? 0) < minutes
    while (!stop.aborted && passed() < minutes * 60 && [...MADE].some(isOpen)) {
      for (const { labels } of await prometheus.now(FIRING)) {
        const alert = labels['alertname'] ?? ''
        if (fired.has(alert)) continue
        fired.set(alert, passed())
        say(`fires: ${alert}`)
      }
      await sleep(INTERVAL * 1_000, undefined, { signal: stop }).catch(() => undefined)
    }
    return judge({
      waits: new Map([...waits].filter(([alert]) => isWanted(alert))),
      fired,
      minutes,
    })
  } finally {
    for (const { end } of open.reverse()) await end()
    await rm(home, { recursive: true, force: true })
  }
}

interface Seen {
  readonly waits: ReadonlyMap<string, number>
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
      say(`${alert}: fires after ${seconds.toFixed(0)} s (it waits for ${wait} min)`)
    } else if (wait >= minutes) {
      say(`${alert}: NOT WAITED FOR: next: --minutes ${wait + 8}`)
    } else {
      isWhole = false
      say(`${alert}: DID NOT FIRE within ${minutes} min (it waits for ${wait} min)`)
    }
  }
  return isWhole
}

const { values, positionals } = parseArgs({
  options: { minutes: { type: 'string', default: '25' } },
  allowPositionals: true,
})
const minutes = Number(values.minutes)
const unknown = positionals.filter((alert) => !MADE.has(alert))
if (minutes > 0 && minutes <= 180 && unknown.length === 0) {
  if (!(await drill(minutes, new Set(positionals), stopSignal()))) process.exitCode = 1
} else {
  process.stderr.write(
    `usage: node tools/run.mjs alarms [--minutes N] [ALERT…], up to 180, of: ${[...MADE].join(', ')}\n`,
  )
  process.exitCode = 2
}
