import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { runOrThrow } from '../support/run.ts'
import { panelsOfDashboard } from '../support/prometheus/dashboard.ts'
import type { Line } from '../support/prometheus/prometheus.ts'
import { startWatched, type Watched } from '../support/prometheus/watched.ts'
import { draw, size, type FilledPanel } from './draw.ts'

/**
 * `node tools/run.mjs dashboard`: runs rauth, its controller and clients for some minutes, asks a real Prometheus every
 * query of the dashboard, and draws what it says. It is not Grafana: where panels are, what they are called and what is
 * in them is that of the dashboard; how they look is this program's.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '4' },
    /** What makes a PNG of a page. */
    chromium: { type: 'string', default: 'chromium' },
  },
})

/** The picture, from dist/test/picture. */
const PICTURE = path.resolve(import.meta.dirname, '../../../docs/pictures/dashboard.png')

/** Seconds between scrapes. */
const INTERVAL = 2

/** Something of each kind happens meanwhile: guesses, a watch that ends, a namespace that comes. */
async function happen({ traffic, link, cluster }: Watched, seconds: number): Promise<void> {
  const part = (seconds * 1000) / 5
  await sleep(part)
  traffic.guess(true)
  await sleep(part)
  link.reset()
  await sleep(part)
  traffic.guess(false)
  for (const name of ['comes-late', 'comes-later']) {
    await cluster.namespace(name)
    await sleep(part)
  }
}

async function fill(watched: Watched, seconds: number): Promise<readonly FilledPanel[]> {
  const end = Date.now() / 1000
  const times = { start: end - seconds, end, step: INTERVAL }
  const filled: FilledPanel[] = []
  for (const panel of await panelsOfDashboard(`${String(INTERVAL * 5)}s`)) {
    const lines = []
    for (const { expr, legend } of panel.queries) {
      const found = await watched.prometheus.range(expr, times)
      lines.push(...found.map((line) => ({ name: nameOf(legend, line), points: line.points })))
    }
    filled.push({ panel, lines })
  }
  return filled
}

function nameOf(legend: string, { labels }: Line): string {
  return legend.replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => labels[label] ?? '')
}

async function photograph(panels: readonly FilledPanel[]): Promise<void> {
  const home = await mkdtemp(path.join(os.tmpdir(), 'rauth-picture-'))
  const page = path.join(home, 'page.html')
  const { width, height } = size(panels)
  await writeFile(page, `<body style="margin:0">${draw(panels)}</body>`)
  await runOrThrow(
    values.chromium,
    [
      ...['--headless', '--no-sandbox', '--hide-scrollbars', `--user-data-dir=${home}/profile`],
      ...[`--window-size=${String(width)},${String(height)}`, `--screenshot=${PICTURE}`, page],
    ],
    { env: { HOME: home } },
  )
  await rm(home, { recursive: true, force: true })
}

const seconds = Number(values.minutes) * 60
const watched = await startWatched(INTERVAL)
try {
  process.stdout.write(`running for ${values.minutes} minutes\n`)
  await happen(watched, seconds)
  await photograph(await fill(watched, seconds))
  process.stdout.write(`wrote ${PICTURE}\n`)
} finally {
  await watched.stop()
}
