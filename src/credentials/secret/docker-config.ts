import { isMapping, type Mapping } from '../../mapping.ts'
import { Redacted } from '../../redacted.ts'

/** Type of the Secrets that pods name in `imagePullSecrets`, and the key in it. */
export const DOCKER_CONFIG_TYPE = 'kubernetes.io/dockerconfigjson'
export const DOCKER_CONFIG_KEY = '.dockerconfigjson'

export interface DockerLogin {
  readonly username: string
  readonly password: Redacted<string>
}

/**
 * A Docker configuration with the login for each registry: hosts, as they stand before the first slash of an image.
 * `before`: what it holds already, which stays but for logins of the same registries.
 */
export function dockerConfigText(
  login: DockerLogin,
  registries: readonly string[],
  before: Mapping = {},
): Redacted<string> {
  const found = isMapping(before['auths']) ? before['auths'] : {}
  const auth = dockerAuthOf(login)
  const added = Object.fromEntries(registries.map((host) => [host, auth]))
  return new Redacted(JSON.stringify({ ...before, auths: { ...found, ...added } }))
}

/** Whether what stands under the name of a registry is the login; another version of rauth may write more beside it. */
export function isDockerAuthOf(login: DockerLogin, found: unknown): boolean {
  return (
    isMapping(found) &&
    Object.entries(dockerAuthOf(login)).every(([key, value]) => found[key] === value)
  )
}

/** What clients find under the name of a registry; each reads it in one of the two spellings: `auth` has both in base64. */
function dockerAuthOf({ username, password }: DockerLogin): Mapping {
  const plain = password.reveal()
  const auth = Buffer.from(`${username}:${plain}`, 'utf8').toString('base64')
  return { username, password: plain, auth }
}
