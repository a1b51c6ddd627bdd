import { InvalidArgumentError } from 'commander'
import { NAMESPACE_NAME } from '../../namespace-name.ts'

/** Of an argument or an option. */
export function parseNamespace(text: string): string {
  if (NAMESPACE_NAME.test(text)) return text
  throw new InvalidArgumentError('a namespace is a DNS label: small letters, digits and hyphens')
}
