import { isMapping } from '../../mapping.ts'
import { ask } from './ask.ts'

/** A rauth that runs, as its operations port tells of it. */
export interface Running {
  /** Parts that can't do their work. */
  readonly notReady: readonly string[]
  /** What is wrong with parts, by their names, also where they go on all the same. */
  readonly troubles: ReadonlyMap<string, string>
  /** Versions of the policy that decides; several for the moment in which its processes take another. */
  readonly policies: readonly string[]
  /** Namespaces whose Secret can't be used. */
  readonly unusableSecrets: number
}

/** Whoever asks has a rauth beside them, or nothing, milliseconds. */
const TIMEOUT = 3_000

/** Asks an operations port. Nothing: what answers there is not one of a rauth. Throws ERR_UNREACHABLE. */
export async function askRunning(operations: string): Promise<Running | undefined> {
  const health = healthIn((await askAt(operations, '/readyz')).body)
  if (health === undefined) return undefined
  const { body } = await askAt(operations, '/metrics')
  return { ...health, policies: versionsIn(body), unusableSecrets: unusableIn(body) }
}

function askAt(operations: string, path: string) {
  return ask(new URL(path, operations), { timeout: TIMEOUT })
}

/** Line by line, and each by expressions that look at it once: whoever answers may be anybody. */
function versionsIn(metrics: string): readonly string[] {
  return metrics
    .split('\n')
    .filter((line) => line.startsWith('rauth_policy_info{') && line.endsWith('} 1'))
    .flatMap((line) => /[{,]version="(\w+)"/.exec(line)?.[1] ?? [])
}

function unusableIn(metrics: string): number {
  const start = 'rauth_credentials_secrets{state="unusable"} '
  const line = metrics.split('\n').find((one) => one.startsWith(start))
  const count = Number(line?.slice(start.length) ?? 0)
  return Number.isNaN(count) ? 0 : count
}

function healthIn(body: string): Omit<Running, 'policies' | 'unusableSecrets'> | undefined {
  const { parts, troubles = {} } = mappingIn(body)
  if (!isMapping(parts) || !isMapping(troubles)) return undefined
  const told = Object.entries(troubles)
  if (!told.every(isText)) return undefined
  return {
    notReady: Object.keys(parts).filter((name) => parts[name] !== true),
    troubles: new Map(told),
  }
}

function isText(entry: [string, unknown]): entry is [string, string] {
  return typeof entry[1] === 'string'
}

function mappingIn(body: string) {
  try {
    const value: unknown = JSON.parse(body)
    return isMapping(value) ? value : {}
  } catch {
    return {}
  }
}
