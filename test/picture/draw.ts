import type { Panel } from '../support/prometheus/dashboard.ts'
import type { Line } from '../support/prometheus/prometheus.ts'
import { readable } from './units.ts'

/** A line of a panel with its name. */
export interface NamedLine {
  readonly name: string
  readonly points: Line['points']
}

export interface FilledPanel {
  readonly panel: Panel
  readonly lines: readonly NamedLine[]
}

/** Pixels of a cell of the dashboard's grid, and between panels. */
const [CELL, LINE, GAP] = [40, 21, 6]
const WIDTH = 24 * CELL

const COLORS = [
  ...['#73bf69', '#f2cc0c', '#8ab8ff', '#ff780a', '#f2495c', '#b877d9', '#5794f2'],
  ...['#fade2a', '#96d98d', '#ff9830', '#ca95e5', '#ffa6b0'],
]
const NAMED: Readonly<Record<string, string>> = {
  ...{ green: '#73bf69', yellow: '#f2cc0c', red: '#f2495c' },
}

export const size = (panels: readonly FilledPanel[]) => ({
  width: WIDTH,
  height: LINE * Math.max(...panels.map(({ panel: { gridPos } }) => gridPos.y + gridPos.h)),
})

/** The dashboard as SVG: where its JSON has each panel, with what each query was answered. */
export function draw(panels: readonly FilledPanel[]): string {
  const { width, height } = size(panels)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif">`,
    `<rect width="100%" height="100%" fill="#111217"/>`,
    ...panels.map(drawPanel),
    '</svg>',
  ].join('\n')
}

function drawPanel({ panel, lines }: FilledPanel): string {
  const { x, y, w, h } = panel.gridPos
  const [width, height] = [w * CELL - GAP, h * LINE - GAP]
  const at = `<g transform="translate(${x * CELL + GAP / 2} ${y * LINE + GAP / 2})">`
  if (panel.type === 'row') return `${at}${text(4, 15, `▾ ${panel.title}`, '#ccccdc', 13)}</g>`
  const frame = `<rect width="${width}" height="${height}" rx="2" fill="#181b1f" stroke="#2c3235"/>`
  const inside =
    panel.type === 'stat' ? drawStat(panel, lines, width) : drawSeries(panel, lines, width, height)
  return `${at}${frame}${text(8, 17, panel.title, '#d8d9da', 10)}${inside}</g>`
}

function drawStat({ unit, steps }: Panel, lines: readonly NamedLine[], width: number): string {
  const value = lines[0]?.points.at(-1)?.[1] ?? NaN
  const step = steps.findLast((one) => one.value === null || value >= one.value)
  const color = NAMED[step?.color ?? 'green'] ?? COLORS[0] ?? ''
  return text(width / 2, 56, readable(value, unit), color, 24, 'middle')
}

/** Margins of a chart: left for the axis, top for the title, bottom for times and the legend. */
const [LEFT, TOP, BOTTOM] = [58, 28, 38]

function drawSeries(
  { unit }: Panel,
  lines: readonly NamedLine[],
  width: number,
  height: number,
): string {
  const all = lines.flatMap(({ points }) => points).filter(([, value]) => Number.isFinite(value))
  const most = Math.max(...all.map(([, value]) => value), 0) || 1
  const [first, last] = [Math.min(...all.map(([time]) => time)), Math.max(...all.map(([t]) => t))]
  const [w, h] = [width - LEFT - 12, height - TOP - BOTTOM]
  const px = (time: number) => (LEFT + ((time - first) / (last - first || 1)) * w).toFixed(1)
  const py = (value: number) => (TOP + h - (value / most) * h).toFixed(1)
  const grid = [0, 0.5, 1].map((share) => {
    const y = py(share * most)
    const rule = `<path d="M${LEFT} ${y}H${width - 12}" stroke="#2c3235"/>`
    return rule + text(LEFT - 5, Number(y) + 3, readable(share * most, unit), '#8e8e8e', 9, 'end')
  })
  const drawn = lines.map(({ points }, at) => {
    const good = points.filter(([, value]) => Number.isFinite(value))
    const path = good.map(([t, value], index) => `${index === 0 ? 'M' : 'L'}${px(t)} ${py(value)}`)
    return `<path d="${path.join('')}" fill="none" stroke="${colorOf(at)}" stroke-width="1.3"/>`
  })
  const times = [first, last].map((time, at) =>
    text(
      at === 0 ? LEFT : width - 12,
      height - 24,
      clock(time),
      '#8e8e8e',
      9,
      at === 0 ? '' : 'end',
    ),
  )
  return [...grid, ...drawn, ...times, legend(lines, width, height)].join('')
}

/** Characters of a name in a legend. */
const MOST = 24

function legend(lines: readonly NamedLine[], width: number, height: number): string {
  let x = 10
  return lines
    .map(({ name: whole }, at) => {
      const name = whole.length > MOST ? `${whole.slice(0, MOST)}…` : whole
      const own = x
      x += 20 + name.length * 5.2
      if (x > width) return ''
      const mark = `<rect x="${own}" y="${height - 14}" width="10" height="3" fill="${colorOf(at)}"/>`
      return mark + text(own + 13, height - 9, name, '#b0b1b3', 9)
    })
    .join('')
}

function colorOf(at: number): string {
  return COLORS[at % COLORS.length] ?? ''
}

function clock(time: number): string {
  return new Date(time * 1000).toISOString().slice(11, 16)
}

function text(x: number, y: number, words: string, fill: string, px: number, anchor = ''): string {
  const escaped = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  const where = anchor === '' ? '' : ` text-anchor="${anchor}"`
  return `<text x="${x}" y="${y}" fill="${fill}" font-size="${px}"${where}>${escaped}</text>`
}
