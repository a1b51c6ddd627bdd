import { createPublicKey } from 'node:crypto'
import path from 'node:path'
import { RauthError } from '../../../errors.ts'
import type { SigningKey } from '../../../token/key-set.ts'
import { signsWhatItVerifies } from '../../../token/self-test.ts'
import { readCertificates, type Certificates } from '../certificates.ts'
import { readPrivateKey } from '../private-key.ts'
import { unreadable } from '../unreadable.ts'
import { BINDING_KEY } from './binding-key.ts'
import { algorithmOf, AUTHORITY, certifiedKey, type FoundKey } from './key-certificate.ts'
import type { KeyContents, KeyForm } from './key-form.ts'
import { initHint, missing } from './key-problem.ts'

/** Keys that sign: each `NAME.key` (PKCS #8 PEM) with its `NAME.crt` (the leaf, then any intermediates). */
export const KEY_PAIRS: KeyForm<SigningKey> = {
  what: 'signing key',
  candidates: (files) =>
    files
      .filter((file) => file.endsWith('.key') && file !== BINDING_KEY && !file.startsWith('.'))
      .map((file) => file.slice(0, -'.key'.length))
      .filter((name) => name !== AUTHORITY)
      .sort()
      .map((name) => ({ name, files: [`${name}.key`, `${name}.crt`] })),
  read: readPair,
  renewal: initHint,
  beginning: (directory, certified) =>
    certified
      ? `if rauth keys public made this folder: set keys.verifyOnly: true; else ${initHint(directory)}`
      : initHint(directory),
  succession: (directory) => `rauth keys rotate --directory ${directory}`,
}

function readPair({
  directory,
  name,
  contents,
  authorities,
}: KeyContents): Promise<FoundKey<SigningKey>> {
  const [key = missing(directory, `${name}.key`), certificate = missing(directory, `${name}.crt`)] =
    contents
  return keyPairOf({
    key: { file: path.join(directory, `${name}.key`), pem: key },
    certificate: { file: path.join(directory, `${name}.crt`), pem: certificate },
    renewal:
      `put back the two that belong together, the leaf first, or remove both ${name}.key and ` +
      `${name}.crt and run ${initHint(directory)}`,
    ...{ authorities, anyKeyId: false },
  })
}

/** What is in a file, or why that can't be known. */
interface PemFile {
  readonly file: string
  readonly pem: string | RauthError
}

export interface KeyPairFiles {
  readonly key: PemFile
  readonly certificate: PemFile
  readonly authorities: Certificates | RauthError | undefined
  /** What to do where the two don't belong together. */
  readonly renewal: string
  /** Whether nobody looks for the key by its id: each token carries the certificate. */
  readonly anyKeyId: boolean
}

/**
 * A key that signs, with its certificate. Throws ERR_KEYS_UNREADABLE for what must not be used: besides
 * what is wrong with one of them, another key's certificate, and a key that fails its self-test.
 */
export async function keyPairOf({
  key,
  certificate,
  authorities,
  renewal,
  anyKeyId,
}: KeyPairFiles): Promise<FoundKey<SigningKey>> {
  if (key.pem instanceof RauthError) throw key.pem
  const privateKey = readPrivateKey(key.file, key.pem)
  const publicKey = createPublicKey(privateKey)
  const algorithm = algorithmOf(key.file, publicKey, anyKeyId)
  if (certificate.pem instanceof RauthError) throw certificate.pem
  const { file } = certificate
  const chain = readCertificates(file, certificate.pem)
  if (!chain[0].checkPrivateKey(privateKey)) {
    throw unreadable(file, `is not the certificate of ${path.basename(key.file)}`, renewal)
  }
  const certified = await certifiedKey({ file, chain, algorithm, publicKey, authorities })
  const found = { ...certified, key: { ...certified.key, privateKey } }
  if (!(await signsWhatItVerifies(found.key))) {
    throw unreadable(key.file, 'signs what its own public key does not verify', 'make another one')
  }
  return found
}
