import { RauthError } from '../errors.ts'
import { Redacted } from '../redacted.ts'
import { visible } from '../printable.ts'
import { registryOf } from '../registry/registry-host.ts'
import { API_VERSION, type CredentialProviderRequest } from './request.ts'
import { endOfToken } from './token-terms.ts'

/** What may be handed on, and to whom. */
export interface Terms {
  /** `HOST` or `HOST:PORT`, as images name them: who may see tokens. */
  readonly registries: readonly string[]
  /** Whom tokens must be for. */
  readonly audience: string
}

/** rauth goes by the token alone, but containerd takes credentials without a user name for none. */
export const USERNAME = 'serviceaccount'

/** Seconds before a token's end from when on the kubelet asks anew: its clock may be behind. */
const MARGIN = 60

/**
 * The token of the pod's ServiceAccount as the password for the registry that was asked about: a
 * `CredentialProviderResponse` in JSON, field by field what the kubelet decodes strictly. The kubelet may keep it for
 * the other images of this registry; with `cacheType: Token` it does so for this very token. Throws ERR_REFUSED.
 */
export function provideCredentials(
  { image, serviceAccountToken: token }: CredentialProviderRequest,
  { registries, audience }: Terms,
  now: number,
): Redacted<string> {
  const registry = registryOf(image)
  if (registry === undefined || !registries.includes(registry)) {
    const asked = registry ?? `the image ${visible(image.slice(0, 300))}`
    throw new RauthError(
      'ERR_REFUSED',
      `no token for ${asked}: only ${registries.join(', ')} may see one; ` +
        'next: if rauth guards it, --registry HOST[:PORT] in args of the CredentialProviderConfig, else take it out of matchImages',
    )
  }
  const end = endOfToken(token, audience, now)
  const response = {
    kind: 'CredentialProviderResponse',
    apiVersion: API_VERSION,
    cacheKeyType: 'Registry',
    // A duration as Go writes it.
    cacheDuration: `${Math.max(0, Math.floor(end - now - MARGIN))}s`,
    auth: { [registry]: { username: USERNAME, password: token.reveal() } },
  }
  return new Redacted(JSON.stringify(response))
}
