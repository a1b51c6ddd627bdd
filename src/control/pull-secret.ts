import {
  DOCKER_CONFIG_KEY,
  dockerConfigText,
  isDockerAuthOf,
  type DockerLogin,
} from '../credentials/secret/docker-config.ts'
import { isMapping, type Mapping } from '../mapping.ts'
import type { Redacted } from '../redacted.ts'
import { REGISTRIES } from './marks.ts'
import type { ObservedSecret } from './observed.ts'
import { textIn } from './secret-data.ts'
import type { SecretChanges } from './step.ts'

/** What a pull Secret that is not there yet holds. */
export function newPullSecret(
  login: DockerLogin,
  registries: readonly string[],
): Required<Pick<SecretChanges, 'data' | 'annotations'>> {
  return contentOf(dockerConfigText(login, registries), registries)
}

/**
 * What has to change in a pull Secret for it to hold the login for each registry, and none of rauth's for any
 * other; undefined: nothing. Logins for registries that are not rauth's stay, as does all else in it.
 */
export function pullSecretChanges(
  { data, annotations }: ObservedSecret,
  login: DockerLogin,
  registries: readonly string[],
): Pick<SecretChanges, 'data' | 'annotations'> | undefined {
  const config = configIn(data)
  const found = config?.['auths']
  const auths = isMapping(found) ? found : {}
  const stale = (annotations[REGISTRIES] ?? '')
    .split(',')
    .filter((host) => host !== '' && !registries.includes(host) && Object.hasOwn(auths, host))
  const isRight =
    stale.length === 0 &&
    annotations[REGISTRIES] === registries.join(',') &&
    registries.every((host) => isDockerAuthOf(login, auths[host]))
  if (isRight) return undefined
  const kept = Object.entries(auths).filter(([host]) => !stale.includes(host))
  const before = { ...config, auths: Object.fromEntries(kept) }
  return contentOf(dockerConfigText(login, registries, before), registries)
}

function contentOf(config: Redacted<string>, registries: readonly string[]) {
  return {
    data: { [DOCKER_CONFIG_KEY]: config },
    annotations: { [REGISTRIES]: registries.join(',') },
  }
}

/** Undefined: it is none, and nothing of it is kept. */
function configIn(data: Redacted<Mapping>): Mapping | undefined {
  try {
    const parsed: unknown = JSON.parse(textIn(data, DOCKER_CONFIG_KEY) ?? '')
    return isMapping(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}
