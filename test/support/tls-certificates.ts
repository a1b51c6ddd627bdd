import { randomBytes, webcrypto } from 'node:crypto'
import 'reflect-metadata'
import * as x509 from '@peculiar/x509'
import type { KeyPairPem } from '../../src/token/certificate.ts'

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const DAY = 24 * 60 * 60 * 1000
const SERVER = '1.3.6.1.5.5.7.3.1'
const CLIENT = '1.3.6.1.5.5.7.3.2'

export interface TlsCertificateOptions {
  readonly usage?: 'server' | 'client'
  /** Beside the name: to Kubernetes the group of a client. */
  readonly organization?: string
  /** Beside 127.0.0.1. */
  readonly address?: string
  /** Beside these: who a workload of a mesh is. */
  readonly uri?: string
  readonly from?: Date
  readonly to?: Date
}

/** A CA for TLS that lives as long as the test. */
export interface TlsAuthority {
  /** PEM. */
  readonly certificate: string
  /** For `localhost` and 127.0.0.1. */
  issue(name: string, options?: TlsCertificateOptions): Promise<KeyPairPem>
  /** A CA below this one. */
  intermediate(name: string): Promise<TlsAuthority>
}

export function tlsAuthority(name: string): Promise<TlsAuthority> {
  return authorityUnder(name, undefined)
}

interface Issuer {
  readonly name: string
  readonly keys: webcrypto.CryptoKeyPair
}

const generate = () => webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])

async function authorityUnder(cn: string, above: Issuer | undefined): Promise<TlsAuthority> {
  const name = `CN=${cn}`
  const keys = await generate()
  const self = { name, keys }
  const certificate = await certify(above ?? self, self, {}, [
    new x509.BasicConstraintsExtension(true, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
  ])
  return {
    certificate,
    async issue(leafName, options = {}) {
      const { organization } = options
      const above = organization === undefined ? '' : `O=${organization},`
      const leaf = { name: `${above}CN=${leafName}`, keys: await generate() }
      const usage = options.usage === 'client' ? CLIENT : SERVER
      const made = await certify(self, leaf, options, [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.ExtendedKeyUsageExtension([usage]),
        new x509.SubjectAlternativeNameExtension([
          { type: 'dns', value: 'localhost' },
          { type: 'ip', value: '127.0.0.1' },
          ...(options.address === undefined
            ? []
            : [{ type: 'ip' as const, value: options.address }]),
          ...(options.uri === undefined ? [] : [{ type: 'url' as const, value: options.uri }]),
        ]),
      ])
      const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', leaf.keys.privateKey)
      return { certificate: made, key: `${x509.PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n` }
    },
    intermediate: (below) => authorityUnder(below, self),
  }
}

async function certify(
  issuer: Issuer,
  subject: Issuer,
  { from, to }: TlsCertificateOptions,
  extensions: x509.Extension[],
): Promise<string> {
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: randomBytes(8).toString('hex'),
      ...{ subject: subject.name, issuer: issuer.name },
      ...{ publicKey: subject.keys.publicKey, signingKey: issuer.keys.privateKey },
      signingAlgorithm: ALGORITHM,
      notBefore: from ?? new Date(Date.now() - DAY),
      notAfter: to ?? new Date(Date.now() + 60 * DAY),
      extensions: [
        ...extensions,
        await x509.SubjectKeyIdentifierExtension.create(subject.keys.publicKey),
        await x509.AuthorityKeyIdentifierExtension.create(issuer.keys.publicKey),
      ],
    },
    webcrypto,
  )
  return `${certificate.toString('pem')}\n`
}
