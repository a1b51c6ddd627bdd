import { stringify } from 'yaml'

/** What a registry needs to check rauth's tokens itself. */
export interface RegistryTokenCheck {
  readonly realm: string
  readonly service: string
  readonly issuer: string
  /** PEM file: rauth's CA; for tokens without `x5c` the signing certificate too. */
  readonly certificates?: string
  /** JWKS file: the keys themselves, for tokens without `x5c`; registry 3 only. */
  readonly jwks?: string
}

export interface RegistryOptions {
  readonly port: number
  /** Where images are kept. */
  readonly storage: string
  /** Signs the state of uploads; the same for all replicas of a registry. */
  readonly secret: string
  /** Absent: whoever reaches the registry may do everything. */
  readonly tokenCheck?: RegistryTokenCheck
}

/** Configuration of distribution, the same for 2.8 and 3. */
export function registryConfig({ port, storage, secret, tokenCheck }: RegistryOptions): string {
  return stringify({
    version: 0.1,
    log: { level: 'info', accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: storage },
      delete: { enabled: true },
    },
    // Relative Locations: with absolute ones a client's Host header decides where uploads go on.
    http: { addr: `127.0.0.1:${port}`, secret, relativeurls: true },
    ...(tokenCheck && {
      auth: {
        token: {
          realm: tokenCheck.realm,
          service: tokenCheck.service,
          issuer: tokenCheck.issuer,
          ...(tokenCheck.certificates !== undefined && { rootcertbundle: tokenCheck.certificates }),
          ...(tokenCheck.jwks !== undefined && { jwks: tokenCheck.jwks }),
        },
      },
    }),
  })
}
