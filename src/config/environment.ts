import type { Setting } from './settings.ts'
import { withValue } from './with-value.ts'

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
  const links = serviceLinks(environment)
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith('RAUTH_') || text === undefined) continue
    if (OTHERS.has(name)) continue
    const setting = settings.find(({ variable }) => variable === name)
    if (setting === undefined) {
      if (!links.has(name)) unknown.push(name)
      continue
    }
    applied = withValue(applied, setting.path, setting.read(text))
    variables.set(setting.path.join('.'), name)
  }
  return { values: applied, variables, unknown }
}

/** What follows the name of a Service in the variables that Kubernetes injects into every pod. */
const SERVICE_LINK =
  /^_(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)$/

const SERVICE_HOST = '_SERVICE_HOST'

/** A slip such as RAUTH_LISTEN_PORT looks alike, but comes without the Service's own address. */
function serviceLinks(environment: Environment): ReadonlySet<string> {
  const names = Object.keys(environment).filter((name) => name.startsWith('RAUTH'))
  const services = names
    .filter((name) => name.endsWith(SERVICE_HOST))
    .map((name) => name.slice(0, -SERVICE_HOST.length))
  const isLink = (name: string) =>
    services.some(
      (service) => name.startsWith(service) && SERVICE_LINK.test(name.slice(service.length)),
    )
  return new Set(names.filter(isLink))
}
