import type { CredentialLookup } from './credentials/credential.ts'
import { identityHeaders } from './identity-headers.ts'
import { findLive, type FindLiveDependencies } from './live-token.ts'
import type { Asker } from './policy/asker.ts'
import { grant } from './policy/grant.ts'
import type { Policy } from './policy/policy.ts'
import { covers, type ResourceActions } from './registry/access.ts'
import type { ToldCredential } from './subject.ts'
import type { ClaimSet } from './token/claims.ts'
import { lanePaths, MAX_LANE_REPOSITORIES, type FastLane } from './token/fast-lane.ts'

/** What of a token that is about to be signed Envoy may decide by itself; `undefined`: nothing. */
export type FastLaneOf = (claims: ClaimSet) => FastLane | undefined

export type FastLaneDependencies = Omit<FindLiveDependencies, 'clock'>

export interface FastLaneOptions {
  /** The service that the gateway is for: Envoy takes tokens for no other. */
  readonly service: string
  /** For how long after the issue the lane is open, seconds. */
  readonly window: number
}

/** Header values that are longer make no header: nobody has such a name. */
const MAX_HEADER = 256

/**
 * Envoy knows no address, no hours, no tags and no policy. So a repository is in the lane only where
 * the gateway, asked about this very token, would allow the pull whatever these are, by rules in force
 * alone, and has nothing to tell of it. What can change all the same within the window is the Secret and the
 * policy: that is the price of the lane.
 *
 * Asked by the gateway's own code, with the claims that the gateway will read: what is not known to it
 * is not known here either.
 */
export function createFastLane(
  deps: FastLaneDependencies,
  { service, window }: FastLaneOptions,
): FastLaneOf {
  return (claims) => {
    const { access, subject: account, credentials, decided, issuedAt } = claims
    if (claims.audience !== service || !access.every(isPull)) return undefined
    const live = findLive(
      { ...deps, clock: () => issuedAt },
      { account, credentials, access, decided },
      { service, address: undefined },
      () => undefined,
    )
    if (!live.ok) return undefined
    const { policy, asker, namespaces } = live.value
    const open = access.filter((resource) => isOpen(policy, asker, resource))
    const until = Math.min(
      ...[issuedAt + window, claims.expiresAt, ...endsOf(deps.store, credentials)],
    )
    const headers = identityHeaders(account, namespaces)
    const values = Object.values(headers) as readonly string[]
    if (
      open.length === 0 ||
      open.length > MAX_LANE_REPOSITORIES ||
      until <= issuedAt ||
      values.some((value) => value.length > MAX_HEADER)
    ) {
      return undefined
    }
    return {
      until,
      paths: open.flatMap(({ name }) => lanePaths(name)),
      account: headers['x-rauth-account'],
      namespace: headers['x-rauth-namespace'],
    }
  }
}

function isPull({ type, actions }: ResourceActions): boolean {
  return type === 'repository' && actions.length === 1 && actions[0] === 'pull'
}

/** Whether this is allowed wherever, whenever and by whatever tag it is asked for, and nothing is to be told. */
function isOpen(
  policy: Policy,
  { account, holders, nobody, service }: Asker,
  resource: ResourceActions,
): boolean {
  const anyhow: Asker = { account, holders, nobody, service, address: undefined, tags: undefined }
  const { access, shadow } = grant(policy, anyhow, [resource])
  return shadow === undefined && covers(access, [resource])
}

/** When credentials end that have an end, seconds since the epoch, whole. */
function endsOf(
  store: CredentialLookup,
  credentials: readonly ToldCredential[],
): readonly number[] {
  return credentials.flatMap((told) => {
    const end = told.holder === undefined ? store.find(told)?.notAfter : undefined
    return end === undefined ? [] : [Math.floor(end)]
  })
}
