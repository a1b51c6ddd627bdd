import type { Redacted } from '../../redacted.ts'

/** Type of the Secrets that pods name in `imagePullSecrets`, and the key in it. */
export const DOCKER_CONFIG_TYPE = 'kubernetes.io/dockerconfigjson'
export const DOCKER_CONFIG_KEY = '.dockerconfigjson'

export interface DockerLogin {
  readonly username: string
  readonly password: Redacted<string>
}

/** What clients find under the name of a registry; each reads it in one of the two spellings. */
export interface DockerAuth {
  readonly username: string
  readonly password: string
  /** Both in base64, a colon between. */
  readonly auth: string
}

/** A login as a Docker configuration has it. It holds the password: for what is written down as a secret alone. */
export function dockerAuthOf({ username, password }: DockerLogin): DockerAuth {
  const plain = password.reveal()
  const auth = Buffer.from(`${username}:${plain}`, 'utf8').toString('base64')
  return { username, password: plain, auth }
}

/** The login, for each registry: hosts, as they stand before the first slash of an image. */
export function dockerAuthsOf(
  login: DockerLogin,
  registries: readonly string[],
): Readonly<Record<string, DockerAuth>> {
  return Object.fromEntries(registries.map((host) => [host, dockerAuthOf(login)]))
}
