import os from 'node:os'
import { InvalidArgumentError, Option } from 'commander'
import { createSecretObjects, type SecretObjects } from '../../adapters/kubernetes/secret-object.ts'
import { NAMESPACE_NAME } from '../../namespace-name.ts'
import { OBJECT_NAME } from '../../object-name.ts'
import { VERSION } from '../../version.ts'
import { COMMAND_LOG } from '../command-log.ts'
import { keySecretNames, type KeySecretNames } from './key-secrets.ts'
import type { Place } from './place.ts'

/** Which Secrets of a cluster keys are kept in. */
export interface NamedSecret {
  readonly namespace: string
  readonly name: string
}

export interface SecretOption {
  readonly secret?: NamedSecret
}

export const secretOption = () =>
  new Option('--secret <namespace/name>', 'in Secrets of a cluster in place of a folder')
    .argParser(parseSecret)
    .conflicts('directory')

/** Characters: names get endings, and a Secret's may have 253. */
const MAX_NAME = 202

function parseSecret(text: string): NamedSecret {
  const [namespace = '', name = '', ...rest] = text.split('/')
  const isName = OBJECT_NAME.test(name) && name.length <= MAX_NAME
  if (NAMESPACE_NAME.test(namespace) && isName && rest.length === 0) {
    return { namespace, name }
  }
  throw new InvalidArgumentError('NAMESPACE/NAME, such as registry/rauth-keys')
}

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
