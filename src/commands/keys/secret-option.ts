import { InvalidArgumentError, Option } from 'commander'
import { NAMESPACE_NAME } from '../../namespace-name.ts'
import { OBJECT_NAME } from '../../object-name.ts'

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
