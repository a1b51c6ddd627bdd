import { hasRepeatedKey } from '../credentials/secret/json-keys.ts'
import { RauthError } from '../errors.ts'
import { isMapping } from '../mapping.ts'
import { visible } from '../printable.ts'
import { Redacted } from '../redacted.ts'

/** The kubelet's API for credential providers, which is both asked and answered in. */
export const API_VERSION = 'credentialprovider.kubelet.k8s.io/v1'

/** Bytes. An object's annotations, which may come along, have 256 KiB at most. */
export const MAX_REQUEST = 1024 * 1024

/** What the kubelet asks: `CredentialProviderRequest`, of which annotations say nothing here. */
export interface CredentialProviderRequest {
  /** With its registry and without a tag or digest, as the kubelet writes it. */
  readonly image: string
  /** Of the ServiceAccount of the pod that the image is for. */
  readonly serviceAccountToken: Redacted<string>
}

const KIND = 'CredentialProviderRequest'

/**
 * Parses what the kubelet wrote. A field that is not known is passed over: newer kubelets may have more
 * of them within v1, as they got `serviceAccountToken` after v1 was stable. Throws ERR_REFUSED, with
 * nothing of a token in the message.
 */
export function parseRequest(bytes: Uint8Array): CredentialProviderRequest {
  if (bytes.length > MAX_REQUEST) throw wrong(`it has more than ${MAX_REQUEST} bytes`)
  const request = jsonOf(bytes)
  const { apiVersion, kind, image, serviceAccountToken: token } = request
  if (apiVersion !== API_VERSION) {
    throw wrong(
      `its apiVersion is ${told(apiVersion)}; next: apiVersion: ${API_VERSION} in the CredentialProviderConfig`,
    )
  }
  if (kind !== KIND) throw wrong(`its kind is ${told(kind)}, not ${KIND}`)
  if (image === undefined || image === '') throw wrong('it names no image')
  if (typeof image !== 'string') throw wrong('its image is no text')
  if (token === undefined || token === '') {
    throw wrong(
      'it has no serviceAccountToken; next: tokenAttributes with serviceAccountTokenAudience and ' +
        'requireServiceAccount: true in the CredentialProviderConfig, and Kubernetes 1.34 or newer',
    )
  }
  if (typeof token !== 'string') throw wrong('its serviceAccountToken is no text')
  return { image, serviceAccountToken: new Redacted(token) }
}

function jsonOf(bytes: Uint8Array) {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
  if (text.trim() === '') throw wrong('it is empty')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // Not what the parser says: it shows a part of the text.
    throw wrong('it is no JSON document, or more than one')
  }
  if (!isMapping(value)) throw wrong('it is no JSON object')
  if (hasRepeatedKey(text)) throw wrong('it has a key twice')
  return value
}

/** What stands where a known word should: never long, in case it is something else. */
function told(value: unknown): string {
  if (value === undefined) return 'missing'
  if (typeof value !== 'string') return 'no text'
  return value.length > 100 ? 'something long' : `"${visible(value)}"`
}

function wrong(why: string): RauthError {
  return new RauthError('ERR_REFUSED', `the request on stdin is not the kubelet's: ${why}`)
}
