import { createPrivateKey, createPublicKey, X509Certificate, type KeyObject } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { calculateJwkThumbprint, type JWK } from 'jose'
import { messageOf, RauthError } from '../../errors.ts'
import { ALGORITHM_NAMES, algorithmFacts, type Algorithm } from '../../token/algorithms.ts'
import { hasLeadingZero } from '../../token/certificate.ts'
import { createKeySet, type KeySet, type SigningKey } from '../../token/key-set.ts'

/** Name of the CA's pair; every other pair in the folder is a signing key. */
const AUTHORITY = 'ca'
const BINDING_KEY = 'binding.key'
const BINDING_KEY_BYTES = 32

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/**
 * The signing keys of a folder: each `NAME.key` (PKCS #8 PEM) with its `NAME.crt` (the leaf, then any
 * intermediates). A mounted TLS Secret has the same form. Throws ERR_KEYS_UNREADABLE for what must
 * not sign: no certificate, another key's certificate, a weak key, a certificate out of its time.
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
  const authority = names.includes(`${AUTHORITY}.crt`)
    ? readCertificate(path.join(directory, `${AUTHORITY}.crt`), await read(directory, 'ca.crt'))
    : undefined
  return createKeySet(
    await Promise.all(pairs.map((name) => loadPair(directory, name, authority, now))),
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
  authority: X509Certificate | undefined,
  now: Date,
): Promise<SigningKey> {
  const keyFile = path.join(directory, `${name}.key`)
  const certificateFile = path.join(directory, `${name}.crt`)
  const privateKey = readPrivateKey(keyFile, await read(directory, `${name}.key`))
  const algorithm = algorithmOf(keyFile, privateKey)
  const publicKey = createPublicKey(privateKey)
  const text = await read(directory, `${name}.crt`)
  const leaf = readCertificate(certificateFile, text)
  if (!leaf.checkPrivateKey(privateKey)) {
    throw unreadable(certificateFile, `is not the certificate of ${name}.key`, initHint(directory))
  }
  const chain = (text.match(CERTIFICATE) ?? []).map((pem) => new X509Certificate(pem))
  const top = chain.at(-1) ?? leaf
  if (authority !== undefined && !top.verify(authority.publicKey)) {
    throw unreadable(certificateFile, 'is not signed by ca.crt', 'put the right CA beside it')
  }
  const notBefore = Date.parse(leaf.validFrom) / 1000
  const notAfter = Date.parse(leaf.validTo) / 1000
  const seconds = now.getTime() / 1000
  if (seconds < notBefore || seconds >= notAfter) {
    throw unreadable(
      certificateFile,
      `is good from ${leaf.validFrom} to ${leaf.validTo}, not now`,
      `remove ${name}.key and ${name}.crt, then: ${initHint(directory)}`,
    )
  }
  return {
    kid: await calculateJwkThumbprint(publicKey.export({ format: 'jwk' }) as JWK),
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
  const { x, y } = createPublicKey(key).export({ format: 'jwk' })
  if (hasLeadingZero(x) || hasLeadingZero(y)) {
    throw unreadable(
      file,
      'has a coordinate with a leading zero byte, for which registries compute another key id',
      'make another one',
    )
  }
  return algorithm
}

function readPrivateKey(file: string, pem: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch {
    // The cause quotes nothing useful and must never quote the key.
    throw unreadable(file, 'is not a private key in PEM', 'unencrypted PKCS #8 is wanted')
  }
}

function readCertificate(file: string, pem: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch {
    throw unreadable(file, 'is not a certificate in PEM', 'put the leaf first')
  }
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
