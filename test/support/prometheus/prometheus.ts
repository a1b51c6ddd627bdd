import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { stringify } from 'yaml'
import { installParts } from '../../../tools/parts/install.ts'
import { startChild, untilReady } from '../../../tools/stack/child.ts'
import { freePort } from '../../../tools/stack/ports.ts'
import { ask } from '../http.ts'

/** Who has metrics. */
export interface Target {
  readonly port: number
  /** Of all that it has. */
  readonly labels?: Readonly<Record<string, string>>
}

export interface PrometheusOptions {
  readonly targets: readonly Target[]
  /** Seconds. */
  readonly interval: number
  readonly rules: string
}

/** A line of an answer: its labels, and values over time. */
export interface Line {
  readonly labels: Readonly<Record<string, string>>
  /** Seconds since the epoch, and the value; NaN where there is none. */
  readonly points: readonly (readonly [time: number, value: number])[]
}

/** A real Prometheus. */
export interface Prometheus {
  /** Throws what it says of an expression that is none. */
  now(expr: string): Promise<readonly Line[]>
  range(expr: string, times: { start: number; end: number; step: number }): Promise<readonly Line[]>
  /** What it says of the rules that it has: name → health, and what went wrong. */
  rules(): Promise<readonly { name: string; health: string; lastError?: string }[]>
  stop(): Promise<void>
}

/** How its job is called. */
export const JOB = 'rauth'

export async function startPrometheus(options: PrometheusOptions): Promise<Prometheus> {
  const { prometheus: program } = await installParts(['prometheus'])
  const home = await mkdtemp(path.join(os.tmpdir(), 'rauth-prometheus-'))
  const file = (name: string) => path.join(home, name)
  const every = `${String(options.interval)}s`
  const config = {
    global: { scrape_interval: every, evaluation_interval: every },
    rule_files: [options.rules],
    scrape_configs: [
      {
        job_name: JOB,
        static_configs: options.targets.map(({ port, labels = {} }) => ({
          ...{ targets: [`127.0.0.1:${String(port)}`], labels },
        })),
      },
    ],
  }
  await writeFile(file('prometheus.yaml'), stringify(config))
  const port = await freePort()
  const child = await startChild({
    ...{ name: 'prometheus', program, logFile: file('log') },
    args: [
      `--config.file=${file('prometheus.yaml')}`,
      `--storage.tsdb.path=${file('data')}`,
      `--web.listen-address=127.0.0.1:${String(port)}`,
    ],
  })
  async function stop(): Promise<void> {
    await child.stop()
    await rm(home, { recursive: true, force: true })
  }
  async function api<T>(name: string, query: Readonly<Record<string, string>> = {}): Promise<T> {
    const { status, body } = await ask(
      port,
      `/api/v1/${name}?${new URLSearchParams(query).toString()}`,
    )
    const { data, error } = JSON.parse(body) as { data: T; error?: string }
    if (status !== 200) throw new Error(`${JSON.stringify(query)}: ${String(error)}`)
    return data
  }
  try {
    await untilReady(child, () =>
      ask(port, '/-/ready').then(
        ({ status }) => status === 200,
        () => false,
      ),
    )
  } catch (error) {
    await stop()
    throw error
  }
  return {
    async now(expr) {
      const { resultType, result } = await api<Answer>('query', { query: expr })
      if (resultType !== 'vector') throw new Error(`${expr}: a ${resultType}`)
      return result.map(({ metric, value }) => lineOf(metric, value === undefined ? [] : [value]))
    },
    async range(expr, { start, end, step }) {
      const times = { start: String(start), end: String(end), step: String(step) }
      const { result } = await api<Answer>('query_range', { query: expr, ...times })
      return result.map(({ metric, values = [] }) => lineOf(metric, values))
    },
    async rules() {
      const { groups } = await api<{ groups: readonly { rules: readonly Rule[] }[] }>('rules')
      return groups.flatMap(({ rules }) => rules)
    },
    stop,
  }
}

type Rule = { readonly name: string; readonly health: string; readonly lastError?: string }

interface Answer {
  readonly resultType: string
  readonly result: readonly {
    readonly metric: Readonly<Record<string, string>>
    readonly value?: Sample
    readonly values?: readonly Sample[]
  }[]
}

type Sample = readonly [time: number, value: string]

function lineOf(labels: Readonly<Record<string, string>>, samples: readonly Sample[]): Line {
  return { labels, points: samples.map(([time, value]) => [time, Number(value)] as const) }
}
