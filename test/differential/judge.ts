import type { RawAnswer } from './connection.ts'

/** Headers of an answer that clients read. */
const READ_BY_CLIENTS = [
  'accept-ranges',
  'content-length',
  'content-range',
  'content-type',
  'docker-content-digest',
  'docker-distribution-api-version',
  'etag',
  'link',
  'location',
  'oci-subject',
  'oci-tag',
  'range',
]

const UPLOAD = /(\/blobs\/uploads\/)[A-Za-z0-9-]+(\?_state=)[\w=%-]+/

/** How the answer through the gateway differs from the oracle's; `undefined`: for a client not at all. */
export function difference(front: RawAnswer, oracle: RawAnswer): string | undefined {
  if (front.status !== oracle.status) {
    return `${front.status} instead of ${oracle.status}: ${front.body.slice(0, 200)}`
  }
  for (const name of READ_BY_CLIENTS) {
    const [got, wanted] = [front, oracle].map(({ headers }) =>
      // Each has its own session, and names its own host.
      headers
        .get(name)
        ?.replace(/^https?:\/\/[^/]+/, '')
        .replace(UPLOAD, '$1ID$2STATE'),
    )
    if (got !== wanted) return `${name} ${got ?? 'is missing'} instead of ${wanted ?? 'none'}`
  }
  return front.body === oracle.body ? undefined : 'another body'
}

/** Whether Envoy or rauth said no, so that the registry never saw the request. */
export function wasRefused({ status, headers }: RawAnswer): boolean {
  if (status === 0) return true
  // The registry names its version in every answer, and rauth in none that may be kept.
  const fromRegistry = headers.has('docker-distribution-api-version')
  return status >= 400 && (!fromRegistry || headers.get('cache-control') === 'no-store')
}

/**
 * Where the registry sends whoever asked for what it takes for another path: such a request must not
 * have come to it, for rauth had judged other words than the registry reads. `/v2` is the one path
 * that has two spellings.
 */
export function redirectIn({ status, headers }: RawAnswer): string | undefined {
  const location = headers.get('location')
  return status < 300 || status >= 400 || location?.endsWith('/v2/') === true ? undefined : location
}

/** Whether the gateway was not asked in time, so that the request may be sent again as it is. */
export function wasOutage({ status, headers }: RawAnswer): boolean {
  return status === 503 && !headers.has('docker-distribution-api-version')
}

/** Where an upload goes on, from an answer that says so. */
export function uploadIn({ headers }: RawAnswer): string | undefined {
  const location = headers.get('location')?.replace(/^https?:\/\/[^/]+/, '')
  return location !== undefined && UPLOAD.test(location) ? location : undefined
}
