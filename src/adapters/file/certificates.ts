import { X509Certificate } from 'node:crypto'
import { unreadable } from './unreadable.ts'

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

export type Certificates = readonly [X509Certificate, ...X509Certificate[]]

export function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
}

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
  throw unreadable(
    file,
    'is not a certificate in PEM',
    'put a file there that openssl x509 can read',
  )
}

/** The last certificate of a chain. Throws ERR_KEYS_UNREADABLE if one does not stand before its issuer. */
export function topOf(file: string, [leaf, ...issuers]: Certificates): X509Certificate {
  let top = leaf
  for (const issuer of issuers) {
    if (!isIssuedBy(top, issuer)) {
      throw unreadable(file, 'is no chain', 'put each certificate before its issuer')
    }
    top = issuer
  }
  return top
}

/** End of a certificate's validity, seconds since the epoch. */
export function endOf({ validTo }: X509Certificate): number {
  return Date.parse(validTo) / 1000
}
