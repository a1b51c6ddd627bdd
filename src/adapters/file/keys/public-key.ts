import path from 'node:path'
import { RauthError } from '../../../errors.ts'
import type { VerificationKey } from '../../../token/key-set.ts'
import { readCertificates } from '../certificates.ts'
import { unreadable } from '../unreadable.ts'
import { BINDING_KEY } from './binding-key.ts'
import { algorithmOf, AUTHORITY, certifiedKey, type FoundKey } from './key-certificate.ts'
import type { KeyContents, KeyForm } from './key-form.ts'
import { missing } from './key-problem.ts'

/**
 * Keys that only verify: each `NAME.crt` under the folder's CA, and no private key at all. Elsewhere a
 * key is withdrawn by its `.key`; here the certificate is all that there is of it. So that nobody takes
 * the one folder for the other, a private key spoils this one, the CA's too.
 */
export const PUBLIC_KEYS: KeyForm<VerificationKey> = {
  what: 'verification key',
  candidates(files) {
    const seen = files.filter((file) => !file.startsWith('.')).sort()
    const certificates = seen
      .filter((file) => file.endsWith('.crt'))
      .map((file) => file.slice(0, -'.crt'.length))
      .filter((name) => name !== AUTHORITY)
      .map((name) => ({ name, files: [`${name}.crt`] }) as const)
    // Under names of their own: one beside a certificate that is gone must not stand for that.
    const secrets = seen
      .filter((file) => file.endsWith('.key') && file !== BINDING_KEY)
      .map((file) => ({ name: file, files: [file] }) as const)
    return [...certificates, ...secrets]
  },
  read: readPublicKey,
  renewal,
  beginning: renewal,
  succession: (directory) => `rauth keys rotate, later ${renewal(directory)}`,
}

function renewal(directory: string): string {
  return `rauth keys public ${directory}, from the folder with the private keys`
}

async function readPublicKey({
  directory,
  name,
  contents: [pem],
  authorities,
}: KeyContents): Promise<FoundKey<VerificationKey>> {
  if (name.endsWith('.key')) {
    throw unreadable(
      path.join(directory, name),
      'may be a private key, and keys.verifyOnly is for a folder without',
      `${renewal(directory)}, or unset keys.verifyOnly`,
    )
  }
  const file = path.join(directory, `${name}.crt`)
  if (pem === undefined) throw missing(directory, `${name}.crt`, renewal(directory))
  if (pem instanceof RauthError) throw pem
  const chain = readCertificates(file, pem)
  const [leaf] = chain
  if (leaf.ca) throw unreadable(file, 'is the certificate of a CA, not of a key', 'remove it')
  // Without it any certificate that lies here would do.
  if (authorities === undefined) throw missing(directory, `${AUTHORITY}.crt`, renewal(directory))
  const { publicKey } = leaf
  const algorithm = algorithmOf(file, publicKey)
  return certifiedKey({ file, chain, algorithm, publicKey, authorities })
}
