import os from 'node:os'
import { createSecretObjects, type SecretObjects } from '../../adapters/kubernetes/secret-object.ts'
import { VERSION } from '../../version.ts'
import { COMMAND_LOG } from '../command-log.ts'
import { keySecretNames, type KeySecretNames } from './key-secrets.ts'
import type { Place } from './place.ts'
import type { NamedSecret } from './secret-option.ts'

/** Does something with the Secrets of a name, in the cluster that the configuration, a pod or a kubeconfig names. */
export async function withSecrets(
  { namespace, name }: NamedSecret,
  { cluster: where }: Place,
  work: (opened: {
    readonly secrets: SecretObjects
    readonly names: KeySecretNames
  }) => Promise<void>,
): Promise<void> {
  // Imported when wanted: most of it is about kubeconfigs.
  const { openCluster } = await import('../../adapters/kubernetes/cluster.ts')
  const cluster = openCluster({
    access: {
      ...{ ...where, environment: process.env, home: os.homedir() },
      clock: () => Date.now() / 1000,
    },
    ...{ userAgent: `rauth/${VERSION}`, log: COMMAND_LOG, onAnswer: () => undefined },
  })
  try {
    await work({ secrets: createSecretObjects(cluster, namespace), names: keySecretNames(name) })
  } finally {
    cluster.close()
  }
}
