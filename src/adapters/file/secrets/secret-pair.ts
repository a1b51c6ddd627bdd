import { stringify } from 'yaml'
import {
  DOCKER_CONFIG_KEY,
  DOCKER_CONFIG_TYPE,
  dockerConfigText,
} from '../../../credentials/secret/docker-config.ts'
import type { Redacted } from '../../../redacted.ts'

export interface SecretPair {
  readonly namespace: string
  readonly username: string
  readonly password: Redacted<string>
  /** In place of the password where rauth reads it; bcrypt. */
  readonly hash?: string | undefined
  /** Name of the Secret that rauth reads. */
  readonly secretName: string
  /** Name of the Secret that pods name in `imagePullSecrets`. */
  readonly pullSecretName: string
  /** Hosts, as they stand before the first slash of an image; without any there is nothing for pods. */
  readonly registries: readonly string[]
}

/**
 * The two Secrets of a namespace, for kubectl: its credentials, which rauth reads, and the same as a
 * kubernetes.io/dockerconfigjson, which the kubelet reads for the registries.
 */
export function formatSecretPair(pair: SecretPair): string {
  const { namespace, username, hash, registries } = pair
  const password = pair.password.reveal()
  const credentials = {
    ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: pair.secretName, namespace } },
    type: 'Opaque',
    stringData: { username, ...(hash === undefined ? { password } : { passwordHash: hash }) },
  }
  const pull = {
    ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: pair.pullSecretName, namespace } },
    type: DOCKER_CONFIG_TYPE,
    stringData: { [DOCKER_CONFIG_KEY]: dockerConfigText(pair, registries).reveal() },
  }
  const both = registries.length === 0 ? [credentials] : [credentials, pull]
  return both.map((one) => stringify(one, { lineWidth: 0 })).join('---\n')
}
