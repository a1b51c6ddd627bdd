import { readFileSync } from 'node:fs'
import path from 'node:path'
import * as prettier from 'prettier'
import { laneCondition } from './condition.ts'

const MADE = `# Made of envoy.yaml by \`node tools/run.mjs envoy\`: the same with the fast lane, in which Envoy by itself
# lets reads by digest pass that their token opens. For \`gateway.fastLane\`; docs/fast-lane.md.

`

/** What begins in envoy.yaml with the line that the pieces go before, or behind. */
const FILTERS = /^ *http_filters:\n/m
const ASKING = /^ *- name: envoy\.filters\.http\.ext_authz\n/m
const ASKED = /^ *transport_api_version: V3\n/m

const PIECES = ['logs', 'filters', 'asks', 'runtime']

/** What stands in the pieces for the condition. */
const CONDITION = 'CONDITION'

/**
 * The shipped configuration and the pieces of the fast lane → the one with it. Texts and not what they
 * say, so that every comment stays where it is.
 */
function withFastLane(shipped: string, pieces: string): string {
  const [logs = '', filters = '', asks = '', runtime = ''] = PIECES.map((name) =>
    pieceOf(pieces, name),
  )
  const list = indexOf(shipped, FILTERS)
  const asking = indexOf(shipped, ASKING)
  const asked = asking + indexOf(shipped.slice(asking), ASKED)
  const behind = asked + (ASKED.exec(shipped.slice(asked))?.[0].length ?? 0)
  const made = [
    `${shipped.slice(0, list).trimEnd()}\n`,
    indented(logs, `${columnOf(shipped, list)}  `),
    `\n${shipped.slice(list, asking)}`,
    indented(filters, columnOf(shipped, asking)),
    shipped.slice(asking, behind),
    indented(asks, columnOf(shipped, asked)),
    `${shipped.slice(behind)}\n${runtime}`,
  ].join('')
  return MADE + made
}

/** The configuration of Envoy with the fast lane, as it is shipped. `root`: the repository. */
export async function fastLaneFile(root: string): Promise<string> {
  const read = (name: string) => readFileSync(path.join(root, name), 'utf8')
  const made = withFastLane(read('envoy/envoy.yaml'), read('tools/envoy/fast-lane.yaml'))
  const options = (await prettier.resolveConfig(path.join(root, 'package.json'))) ?? {}
  const formatted = await prettier.format(made, { ...options, parser: 'yaml' })
  return formatted.replace(CONDITION, () => JSON.stringify(laneCondition()))
}

/** The lines below a key at the top, without their indentation of two. */
function pieceOf(pieces: string, name: string): string {
  const found = new RegExp(`^${name}:\\n((?: .*\\n|\\n)+)`, 'm').exec(pieces)?.[1]
  if (found === undefined) throw new Error(`the pieces of the fast lane have no ${name}`)
  return `${found.replaceAll(/^ {2}/gm, '').trimEnd()}\n`
}

function indexOf(text: string, line: RegExp): number {
  const at = text.search(line)
  if (at < 0) throw new Error(`no line ${line.source} in the Envoy configuration`)
  return at
}

function columnOf(text: string, at: number): string {
  return /^ */.exec(text.slice(at))?.[0] ?? ''
}

function indented(piece: string, by: string): string {
  return piece.replaceAll(/^(?=.)/gm, by)
}
