import { instant, list, record, text } from './payload.ts'

/**
 * What a token says for Envoy, which then lets reads by digest pass without asking the gateway
 * (docs/fast-lane.md). Only Envoy reads it; to the gateway it says nothing.
 */
export interface FastLane {
  /** From when on the gateway must be asked again, seconds since the epoch, whole. */
  readonly until: number
  /** All but the digest's hex of the paths that are open, such as `/v2/team-a/app/blobs/sha256:`. */
  readonly paths: readonly string[]
  /** Values of `x-rauth-account` and `x-rauth-namespace`, as the gateway would give them. */
  readonly account: string
  readonly namespace: string
}

/** Longest time that a lane may be open, seconds: Envoy's own rules say so too. */
export const MAX_LANE_WINDOW = 60

/** Envoy has as many places in its rules: no more paths are ever open. */
export const MAX_LANE_PATHS = 8

/** What can be read by its digest, and nothing else that has one. */
const KINDS = ['blobs', 'manifests']

/** Repositories of one token that fit. */
export const MAX_LANE_REPOSITORIES = MAX_LANE_PATHS / KINDS.length

/**
 * Paths of one repository, which no other has: its name holds no colon, and behind the colon only a
 * digest's hex may come.
 */
export function lanePaths(repository: string): readonly string[] {
  return KINDS.map((kind) => `/v2/${repository}/${kind}/sha256:`)
}

/** Parsed, never cast: exactly the form that the issuer writes. */
export function parseFastLane(value: unknown): FastLane | undefined {
  const own = record(value, ['until', 'paths', 'account', 'namespace'])
  const until = instant(own?.['until'])
  const paths = list(own?.['paths'], MAX_LANE_PATHS, text)
  const account = text(own?.['account'])
  const namespace = text(own?.['namespace'])
  if (
    until === undefined ||
    paths === undefined ||
    paths.length === 0 ||
    account === undefined ||
    namespace === undefined
  ) {
    return undefined
  }
  return { until, paths, account, namespace }
}
