import type { KeySet } from '../../token/key-set.ts'

export interface DiscoveryOptions {
  readonly issuer: string
  /** The configured address of `/token`. */
  readonly realm: string
  readonly jwks: ReturnType<KeySet['jwks']>
}

/**
 * What `/.well-known/openid-configuration` says, so that Envoy's jwt_authn and others find the keys:
 * the members that the Kubernetes API server gives for its ServiceAccount tokens, which are those that
 * verifiers read (OpenID Connect Discovery 1.0 §3). It tells of keys only: rauth is no OpenID provider
 * and has no endpoint to log in at. `issuer` is what stands in `iss`, which need not be a URL.
 */
export function discoveryDocument({ issuer, realm, jwks }: DiscoveryOptions) {
  const algorithms = jwks.keys.map(({ alg }) => alg)
  return {
    issuer,
    jwks_uri: jwksUri(realm),
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [...new Set(algorithms)],
  }
}

/**
 * Beside the token endpoint, where the realm says that clients reach it: from the configuration alone.
 * One taken from the Host header would let whoever asks first plant keys of its own in a cache.
 */
export function jwksUri(realm: string): string {
  return new URL('jwks.json', realm).href
}
