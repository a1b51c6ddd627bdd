import { createHash, sign, verify, type KeyObject, type X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import { messageOf } from '../../../errors.ts'
import { Redacted } from '../../../redacted.ts'
import { contextOptions, type TlsMaterial } from '../../tls.ts'
import { endOf, isIssuedBy, readCertificates, topOf } from '../certificates.ts'
import { outsideValidity } from '../validity.ts'
import { readPrivateKey } from '../private-key.ts'
import { readSmallFile } from '../small-file.ts'
import { cannotBeRead, unreadable } from '../unreadable.ts'

/** Where the TLS of a listener is; all of them PEM. */
export interface TlsFiles {
  /** The leaf, then any intermediates. */
  readonly certificate: string
  readonly key: string
  /** CAs of the client certificates that are wanted, each up to its root. */
  readonly clientAuthority?: string
}

/** TLS material that can be used, and when it ends; seconds since the epoch. */
export interface TlsPair extends TlsMaterial {
  /** Equal for two reads that found the same. */
  readonly id: string
  /** SHA-256 of the leaf, as certificate viewers print it. */
  readonly fingerprint: string
  readonly notAfter: number
  /** Of the client CA that ends last. */
  readonly authorityNotAfter?: number
}

/** id-kp-serverAuth and anyExtendedKeyUsage, RFC 5280 §4.2.1.12. */
const FOR_SERVERS = ['1.3.6.1.5.5.7.3.1', '2.5.29.37.0']

/**
 * Reads what a listener needs for TLS, good `at` a moment in seconds since the epoch. Throws
 * ERR_KEYS_UNREADABLE for what clients would refuse, or OpenSSL: another key's certificate, one out of
 * its time or not for servers, a chain in disorder, a weak key, a client CA that is none.
 */
export async function readTlsPair(files: TlsFiles, at: number): Promise<TlsPair> {
  // One after the other: a file system that hangs then holds one thread, not all that read files.
  const certificatePem = await read(files.certificate)
  const keyPem = await read(files.key)
  const authorityPem =
    files.clientAuthority === undefined ? undefined : await read(files.clientAuthority)
  const key = readPrivateKey(files.key, keyPem)
  const chain = readCertificates(files.certificate, certificatePem)
  const [leaf] = chain
  if (!leaf.checkPrivateKey(key)) {
    throw unreadable(files.certificate, `is not the certificate of ${files.key}`, NEXT)
  }
  topOf(files.certificate, chain)
  // Its declared type knows of no certificate without the extension.
  const usage = leaf.keyUsage as readonly string[] | undefined
  if (usage?.some((one) => FOR_SERVERS.includes(one)) === false) {
    throw unreadable(files.certificate, 'is for clients only', 'get one for servers (serverAuth)')
  }
  for (const certificate of chain) requireInTime(files.certificate, certificate, at)

  const authorities =
    files.clientAuthority === undefined || authorityPem === undefined
      ? undefined
      : readAuthorities(files.clientAuthority, authorityPem, at)
  // What was judged, and nothing else that is in the files.
  const certificate = join(chain)
  const pkcs8 = key.export({ type: 'pkcs8', format: 'pem' }).toString()
  const pair: TlsPair = {
    ...{ certificate, key: new Redacted(pkcs8), fingerprint: leaf.fingerprint256 },
    id: createHash('sha256')
      .update(certificate)
      .update(join(authorities ?? []))
      .digest('base64'),
    notAfter: Math.min(...chain.map(endOf)),
    ...(authorities && {
      clientAuthority: join(authorities),
      authorityNotAfter: Math.max(...authorities.map(endOf)),
    }),
  }
  try {
    requireSelfTest(key, leaf)
    createSecureContext(contextOptions(pair))
  } catch (cause) {
    throw unreadable(files.certificate, `cannot be used for TLS: ${messageOf(cause)}`, NEXT)
  }
  return pair
}

/** What OpenSSL would find at the first handshake only: a key whose halves do not belong together. */
function requireSelfTest(key: KeyObject, { publicKey }: X509Certificate): void {
  const data = Buffer.from('self-test')
  const hash = key.asymmetricKeyType?.startsWith('ed') === true ? null : 'sha256'
  if (!verify(hash, data, publicKey, sign(hash, data, key))) {
    throw new Error('the key signs what its own certificate does not verify')
  }
}

const NEXT = 'put the key and the certificate that was made for it there, the leaf first'

async function read(file: string): Promise<string> {
  try {
    return (await readSmallFile(file)).toString('utf8')
  } catch (cause) {
    throw cannotBeRead(file, cause, 'see "tls" in the configuration')
  }
}

function requireInTime(file: string, certificate: X509Certificate, at: number): void {
  const from = Date.parse(certificate.validFrom) / 1000
  const out = outsideValidity({ from, to: endOf(certificate), at }, 'put a new one there')
  if (out !== undefined) throw unreadable(file, out.wrong, out.next)
}

/** OpenSSL trusts no client whose CAs it can't follow to a root, and would refuse every one. */
function readAuthorities(file: string, pem: string, at: number): readonly X509Certificate[] {
  const authorities = readCertificates(file, pem)
  if (!authorities.every(({ ca }) => ca)) {
    throw unreadable(file, 'has a certificate of no CA', 'put the CA there, not what it signed')
  }
  const roots = authorities.filter((one) => isIssuedBy(one, one))
  const [root] = roots
  if (root === undefined) throw unreadable(file, 'has no root', 'put the CA above it there, too')
  if (!roots.some((one) => at < endOf(one))) requireInTime(file, root, at)
  return authorities
}

function join(certificates: readonly X509Certificate[]): string {
  return certificates.map(String).join('')
}
