import { createPublicKey } from 'node:crypto'
import path from 'node:path'
import { RauthError } from '../../../errors.ts'
import type { SigningKey } from '../../../token/key-set.ts'
import { signsWhatItVerifies } from '../../../token/self-test.ts'
import { readCertificates } from '../certificates.ts'
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

/** Refuses also another key's certificate, and a key that fails its self-test. */
async function readPair({
  directory,
  name,
  contents,
  authorities,
}: KeyContents): Promise<FoundKey<SigningKey>> {
  const keyFile = path.join(directory, `${name}.key`)
  const file = path.join(directory, `${name}.crt`)
  const [pem = missing(directory, `${name}.key`), certificate = missing(directory, `${name}.crt`)] =
    contents
  if (pem instanceof RauthError) throw pem
  const privateKey = readPrivateKey(keyFile, pem)
  const publicKey = createPublicKey(privateKey)
  const algorithm = algorithmOf(keyFile, publicKey)
  if (certificate instanceof RauthError) throw certificate
  const chain = readCertificates(file, certificate)
  if (!chain[0].checkPrivateKey(privateKey)) {
    const pair = `${name}.key and ${name}.crt`
    const next =
      `put back the two that belong together, the leaf first, or remove both ${pair} ` +
      `and run ${initHint(directory)}`
    throw unreadable(file, `is not the certificate of ${name}.key`, next)
  }
  const certified = await certifiedKey({ file, chain, algorithm, publicKey, authorities })
  const found = { ...certified, key: { ...certified.key, privateKey } }
  if (!(await signsWhatItVerifies(found.key))) {
    throw unreadable(keyFile, 'signs what its own public key does not verify', 'make another one')
  }
  return found
}
