import { createPrivateKey, createPublicKey, X509Certificate, type KeyObject } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { calculateJwkThumbprint } from 'jose'
import { messageOf, RauthError } from '../../errors.ts'
import { ALGORITHM_NAMES, algorithmFacts, type Algorithm } from '../../token/algorithms.ts'
import { hasAmbiguousKeyId } from '../../token/key-id.ts'
import { createKeySet, type KeySet, type SigningKey } from '../../token/key-set.ts'

/** Name of the CA's pair; every other pair in the folder is a signing key. */
const AUTHORITY = 'ca'
const BINDING_KEY = 'binding.key'
const BINDING_KEY_BYTES = 32

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/**
 * The signing keys of a folder: each `NAME.key` (PKCS #8 PEM) with its `NAME.crt` (the leaf, then any
 * intermediates). A mounted TLS Secret has the same form. Throws ERR_KEYS_UNREADABLE for what must
 * not sign: no certificate, another key's certificate, a weak key, a certificate out of its time, a
 * chain that does not end at one of the CAs in `ca.crt`, if that is there.
 */
export async function loadKeySet(directory: string, now: Date): Promise<KeySet> {
  const names = await list(directory)
  const pairs = names
    .filter((name) => name.endsWith('.key') && name !== BINDING_KEY && !name.startsWith('.'))
    .map((name) => name.slice(0, -'.key'.length))
    .filter((name) => name !== AUTHORITY)
  if (pairs.length === 0) {
    throw unreadable(directory, 'has no signing key', initHint(directory))
  }
  const authorities = names.includes(`${AUTHORITY}.crt`)
    ? readCertificates(path.join(directory, `${AUTHORITY}.crt`), await read(directory, 'ca.crt'))
    : undefined
  return createKeySet(
    await Promise.all(pairs.map((name) => loadPair(directory, name, authorities, now))),
  )
}

/** The 32 bytes that bind tokens to the generation of a credential; the same for all replicas. */
export async function readBindingKey(directory: string): Promise<Buffer> {
  const file = path.join(directory, BINDING_KEY)
  const text = (await read(directory, BINDING_KEY)).trim()
  const key = Buffer.from(text, 'base64')
  if (key.length !== BINDING_KEY_BYTES || key.toString('base64') !== text) {
    throw unreadable(file, 'is not 32 bytes in base64', initHint(directory))
  }
  return key
}

async function loadPair(
  directory: string,
  name: string,
  authorities: Certificates | undefined,
  now: Date,
): Promise<SigningKey> {
  const keyFile = path.join(directory, `${name}.key`)
  const certificateFile = path.join(directory, `${name}.crt`)
  const privateKey = readPrivateKey(keyFile, await read(directory, `${name}.key`))
  const algorithm = algorithmOf(keyFile, privateKey)
  const publicKey = createPublicKey(privateKey)
  const chain = readCertificates(certificateFile, await read(directory, `${name}.crt`))
  const [leaf] = chain
  if (!leaf.checkPrivateKey(privateKey)) {
    throw unreadable(certificateFile, `is not the certificate of ${name}.key`, initHint(directory))
  }
  let top = leaf
  for (const issuer of chain.slice(1)) {
    if (!isIssuedBy(top, issuer)) {
      throw unreadable(certificateFile, 'is no chain', 'put each certificate before its issuer')
    }
    top = issuer
  }
  const issuers = authorities?.filter((authority) => isIssuedBy(top, authority))
  if (issuers?.length === 0) {
    throw unreadable(certificateFile, 'is not signed by ca.crt', 'put the right CA beside it')
  }
  const late = chain.find((certificate) => !isInTime(certificate, now))
  if (late !== undefined) {
    throw unreadable(
      certificateFile,
      `is good from ${late.validFrom} to ${late.validTo}, not now`,
      `remove ${name}.key and ${name}.crt, then: ${initHint(directory)}`,
    )
  }
  if (issuers?.some((issuer) => isInTime(issuer, now)) === false) {
    throw unreadable(
      path.join(directory, `${AUTHORITY}.crt`),
      'is out of its time: no registry trusts what it signed',
      'make new keys in an empty folder, and give the new ca.crt to the registry',
    )
  }
  const notBefore = Date.parse(leaf.validFrom) / 1000
  const notAfter = Date.parse(leaf.validTo) / 1000
  return {
    kid: await calculateJwkThumbprint(publicKey.export({ format: 'jwk' })),
    algorithm,
    publicKey,
    privateKey,
    chain: chain.map((certificate) => certificate.raw.toString('base64')),
    notBefore,
    notAfter,
  }
}

function algorithmOf(file: string, key: KeyObject): Algorithm {
  const { modulusLength = 0, namedCurve } = key.asymmetricKeyDetails ?? {}
  const algorithm = ALGORITHM_NAMES.find((name) => {
    const { type, curve } = algorithmFacts(name).key
    return key.asymmetricKeyType === type && (curve === undefined || namedCurve === curve)
  })
  if (algorithm === undefined) {
    throw unreadable(file, 'is neither an EC P-256 nor an RSA key', 'make one of these')
  }
  const { minimumBits = 0 } = algorithmFacts(algorithm).key
  if (modulusLength < minimumBits) {
    throw unreadable(file, `has fewer than ${minimumBits} bits`, 'make a longer one')
  }
  if (hasAmbiguousKeyId(createPublicKey(key).export({ format: 'jwk' }))) {
    throw unreadable(
      file,
      'has a coordinate with a leading zero byte, for which registries compute another key id',
      'make another one',
    )
  }
  return algorithm
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
}

function isInTime({ validFrom, validTo }: X509Certificate, now: Date): boolean {
  return now.getTime() >= Date.parse(validFrom) && now.getTime() < Date.parse(validTo)
}

export function readPrivateKey(file: string, pem: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch {
    // The cause quotes nothing useful and must never quote the key.
    throw unreadable(file, 'is not a private key in PEM', 'unencrypted PKCS #8 is wanted')
  }
}

export type Certificates = readonly [X509Certificate, ...X509Certificate[]]

/** All certificates of a PEM file, in its order. */
export function readCertificates(file: string, text: string): Certificates {
  try {
    const [first, ...others] = (text.match(CERTIFICATE) ?? []).map(
      (pem) => new X509Certificate(pem),
    )
    if (first !== undefined) return [first, ...others]
  } catch {
    // Told below: the cause says nothing that helps.
  }
  throw unreadable(file, 'is not a certificate in PEM', 'put the leaf first')
}

async function list(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory)
  } catch (cause) {
    throw unreadable(directory, `cannot be read: ${messageOf(cause)}`, initHint(directory))
  }
}

async function read(directory: string, name: string): Promise<string> {
  try {
    return await readFile(path.join(directory, name), 'utf8')
  } catch (cause) {
    const file = path.join(directory, name)
    throw unreadable(file, `cannot be read: ${messageOf(cause)}`, initHint(directory))
  }
}

function initHint(directory: string): string {
  return `rauth keys init --directory ${directory}`
}

function unreadable(what: string, wrong: string, next: string): RauthError {
  return new RauthError('ERR_KEYS_UNREADABLE', `${what} ${wrong}; next: ${next}`)
}
