import { readHeaderLines } from '../adapters/file/header-lines.ts'
import { remedyFor } from '../adapters/file/unreadable.ts'
import type { HealthPart } from '../adapters/ops/health.ts'
import type { Metrics } from '../adapters/ops/metrics.ts'
import type { Tracing } from '../adapters/tracing/tracing.ts'
import type { Config } from '../config/schema.ts'
import type { Log } from '../log.ts'
import { messageOf, RauthError } from '../errors.ts'
import { visible } from '../printable.ts'
import { VERSION } from '../version.ts'
import { readAuthority } from './identity/authority.ts'
import type { NeededFile } from './needed-file.ts'

export interface OpenTracing extends Tracing {
  readonly health: HealthPart
}

export interface OpenTracingOptions {
  readonly config: Pick<Config, 'tracing'>
  readonly log: Log
  readonly metrics: Pick<Metrics, 'spans'>
}

/** Characters of what a collector says. */
const MAX_TOLD = 300

/** Spans of decisions, where a collector is configured. Throws ERR_CONFIG_INVALID. */
export async function openTracing({
  config: { tracing },
  log,
  metrics,
}: OpenTracingOptions): Promise<OpenTracing | undefined> {
  const { endpoint: url, headersFile, protocol, sampleRatio } = tracing
  if (url === undefined) return undefined
  const authority = await readTrusted(tracing.authority)
  const headers = () => (headersFile === undefined ? Promise.resolve({}) : readHeaders(headersFile))
  await headers()
  /** Why the last message was not taken. */
  let problem: string | undefined

  function onBatch(spans: number, error: Error | undefined): void {
    metrics.spans(error === undefined ? 'sent' : 'lost', spans)
    const before = problem
    problem = error && visible(messageOf(error).slice(0, MAX_TOLD))
    if (before === undefined && problem !== undefined) {
      log.warn(
        { endpoint: url, error: problem },
        'the collector takes no spans: they are dropped until it does; decisions go on',
      )
    } else if (before !== undefined && problem === undefined) {
      log.info({ endpoint: url }, 'the collector takes spans again')
    }
  }

  // Imported when wanted: most do not trace.
  const [{ createCollector }, { createTracing }] = await Promise.all([
    import('../adapters/tracing/collector.ts'),
    import('../adapters/tracing/tracing.ts'),
  ])
  const opened = createTracing({
    exporter: createCollector({
      ...{ url, protocol, authority, headers, onBatch, userAgent: `rauth/${VERSION}` },
      timeout: tracing.timeout * 1000,
    }),
    ...{ sampleRatio, version: VERSION, now: () => Date.now(), delay: tracing.delay * 1000 },
    resource: Object.fromEntries(tracing.attributes.map(({ name, value }) => [name, value])),
    onDropped: () => {
      metrics.spans('lost', 1)
    },
  })
  const trouble = () => problem && `the collector takes no spans: ${problem}`
  return { ...opened, health: { name: 'tracing', trouble } }
}

/** The files that tracing can't begin without. */
export function tracingFiles({
  endpoint,
  headersFile,
  authority,
}: Config['tracing']): readonly NeededFile[] {
  if (endpoint === undefined) return []
  const files = [
    ['tracing.headersFile', headersFile, readHeaders],
    ['tracing.authority', authority, readTrusted],
  ] as const
  return files.flatMap(([key, path, read]) =>
    path === undefined ? [] : [{ key, path, next: '', check: () => read(path) }],
  )
}

function readTrusted(file: string | undefined): Promise<string | undefined> {
  return readAuthority(file, 'tracing.authority')
}

async function readHeaders(file: string): Promise<Readonly<Record<string, string>>> {
  try {
    return await readHeaderLines(file)
  } catch (cause) {
    const next = remedyFor(cause, 'put a line NAME: VALUE there for each header')
    const message = `tracing.headersFile ${file} cannot be used: ${messageOf(cause)}; next: ${next}`
    throw new RauthError('ERR_CONFIG_INVALID', message, { cause })
  }
}
