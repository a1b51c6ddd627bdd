import { isMapping } from './document.ts'
import type { Setting } from './settings.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export interface AppliedEnvironment {
  /** The settings with those of the environment over them. */
  readonly values: Record<string, unknown>
  /** Path of each setting that came from the environment, dotted → its variable. */
  readonly variables: ReadonlyMap<string, string>
  /** Variables that begin with RAUTH_ and are no setting. */
  readonly unknown: readonly string[]
}

/** Variables that are for other programs of this repository. */
const OTHERS = new Set(['RAUTH_PARTS_DIR', 'RAUTH_PEERS_DIR'])

/** Puts the `RAUTH_…` variables of the environment over the settings. */
export function applyEnvironment(
  values: Record<string, unknown>,
  environment: Environment,
  settings: readonly Setting[],
): AppliedEnvironment {
  let applied = values
  const variables = new Map<string, string>()
  const unknown: string[] = []
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith('RAUTH_') || text === undefined) continue
    if (OTHERS.has(name) || isServiceLink(name, environment)) continue
    const setting = settings.find(({ variable }) => variable === name)
    if (setting === undefined) {
      unknown.push(name)
      continue
    }
    applied = withValue(applied, setting.path, setting.read(text))
    variables.set(setting.path.join('.'), name)
  }
  return { values: applied, variables, unknown }
}

/** What Kubernetes injects into every pod for a Service whose name begins with rauth. */
const SERVICE_LINK =
  /^(RAUTH(?:_[A-Z0-9_]+)?)_(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)$/

/** A slip such as RAUTH_LISTEN_PORT looks alike, but comes without the Service's own address. */
function isServiceLink(name: string, environment: Environment): boolean {
  const service = SERVICE_LINK.exec(name)?.[1]
  return service !== undefined && environment[`${service}_SERVICE_HOST`] !== undefined
}

/** A copy with one value set; what stands in the way and is no map makes room. */
function withValue(
  values: Record<string, unknown>,
  [key, ...rest]: readonly string[],
  value: unknown,
): Record<string, unknown> {
  if (key === undefined) return values
  if (rest.length === 0) return { ...values, [key]: value }
  const below = values[key]
  return { ...values, [key]: withValue(isMapping(below) ? below : {}, rest, value) }
}
