import assert from 'node:assert/strict'
import { closeSync, openSync, readSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { ElectionTimings } from '../../../src/adapters/kubernetes/leader/timings.ts'
import { startChild, type Child } from '../../../tools/stack/child.ts'
import { until } from '../until.ts'
import type { ApiServer, Identity } from './api.ts'
import { kubeconfig } from './kubeconfig.ts'

export interface ContenderArguments {
  readonly kubeconfig: string
  /** Of namespace `rauth`. */
  readonly lease: string
  readonly identity: string
  readonly timings: ElectionTimings
}

/** What a contender tells; times are milliseconds of CLOCK_MONOTONIC. */
export type ContenderLine =
  /** When it began to. */
  | { readonly kind: 'write'; readonly term: number; readonly at: number }
  | { readonly kind: 'refused'; readonly term: number; readonly at: number }
  | {
      readonly kind: 'change'
      readonly leading: boolean
      readonly why?: string
      readonly at: number
    }
  /** It knows who leads. */
  | { readonly kind: 'looked'; readonly at: number }
  | { readonly kind: 'trouble'; readonly problem: string; readonly at: number }

/** A process that takes part in an election. */
export interface Contender extends Child {
  readonly lines: () => readonly ContenderLine[]
  /** When it last began to write, by `monotonic`; -Infinity: never. */
  wroteAt(): number
}

export interface Contenders {
  /** Fulfilled once it knows who leads. */
  start(identity: string, timings: ElectionTimings): Promise<Contender>
  /** Fails if two of all that ever ran wrote in turns, or none did. */
  judge(): void
  close(): Promise<void>
}

export const monotonic = () => Number(process.hrtime.bigint()) / 1e6

export async function openContenders(
  server: ApiServer,
  as: Identity,
  lease: string,
): Promise<Contenders> {
  const home = await mkdtemp(path.join(os.tmpdir(), 'rauth-election-'))
  const file = path.join(home, 'kubeconfig')
  await writeFile(file, kubeconfig(server, as), { mode: 0o600 })
  const all = new Map<string, Contender>()
  return {
    async start(identity, timings) {
      const given: ContenderArguments = { kubeconfig: file, lease, identity, timings }
      const program = path.join(import.meta.dirname, 'contender.js')
      const logFile = path.join(home, identity)
      const args = [program, JSON.stringify(given)]
      const child = await startChild({ name: identity, program: process.execPath, args, logFile })
      const lines = linesOf(logFile)
      const contender = {
        ...{ ...child, lines },
        wroteAt() {
          const last = lines().findLast((line) => line.kind === 'write')
          return last?.at ?? -Infinity
        },
      }
      all.set(identity, contender)
      await until(`${identity} looks`, 30_000, () =>
        contender.lines().some(({ kind }) => kind === 'looked'),
      )
      return contender
    },
    judge() {
      const reigns = [...all.values()].flatMap(reignsOf).sort((a, b) => a.begin - b.begin)
      assert.ok(reigns.length > 1, `${reigns.length} reigns`)
      for (const [i, { who, begin }] of reigns.entries()) {
        const before = reigns[i - 1]
        assert.ok(
          before === undefined || before.end < begin,
          `${before?.who ?? ''} and ${who} wrote at once`,
        )
      }
    },
    async close() {
      for (const contender of all.values()) await contender.kill()
      await rm(home, { recursive: true, force: true })
    },
  }
}

/**
 * Reads on from where it was, since it is asked all the time. The last line may be half written, or the one before
 * a kill.
 */
function linesOf(file: string): () => readonly ContenderLine[] {
  const lines: ContenderLine[] = []
  const chunk = Buffer.alloc(64 * 1024)
  let position = 0
  let rest = ''
  return () => {
    const open = openSync(file, 'r')
    for (;;) {
      const length = readSync(open, chunk, 0, chunk.length, position)
      if (length === 0) break
      position += length
      const whole = (rest + chunk.toString('latin1', 0, length)).split('\n')
      rest = whole.pop() ?? ''
      lines.push(...whole.map((line) => JSON.parse(line) as ContenderLine))
    }
    closeSync(open)
    return lines
  }
}

/** From the first to the last write of each term. */
function reignsOf({ name, lines }: Contender) {
  const reigns = new Map<number, { who: string; begin: number; end: number }>()
  for (const line of lines()) {
    if (line.kind !== 'write') continue
    const { begin } = reigns.get(line.term) ?? { begin: line.at }
    reigns.set(line.term, { who: `${name} (${line.term})`, begin, end: line.at })
  }
  return [...reigns.values()]
}
