import type { Clock } from './clock.ts'
import type { Authenticate } from './credentials/authenticate.ts'
import type { BasicCredentials } from './credentials/basic-auth.ts'
import { unusableIn, type CredentialLookup } from './credentials/credential.ts'
import type { GuessGuard } from './credentials/guessing.ts'
import { subjectOf } from './credentials/holder.ts'
import { liveCredentials } from './credentials/live.ts'
import type { RequestOrigin } from './decision.ts'
import type { Learn } from './event.ts'
import type { Redacted } from './redacted.ts'
import { accepted, refused, type Refusal, type Result } from './refusal.ts'
import { ANONYMOUS, type Subject } from './subject.ts'
import type { RefreshTokens } from './token/refresh-token.ts'

/** What a client presents for who it is, not yet checked. */
export type Presented =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'password'; readonly basic: BasicCredentials }
  | { readonly kind: 'refresh'; readonly token: Redacted<string> }

/** Who a client says it is, by all that it says of that. */
export interface ClaimedIdentity {
  readonly service: string
  readonly presented: Presented
  /** The name that it gives besides. It proves nothing; empty if it gives none. */
  readonly account: string
}

/** Who asks; nobody is a subject too. What is presented is not looked at where too many have failed. */
export type Identify = (
  claimed: ClaimedIdentity,
  origin: RequestOrigin,
  learn: Learn,
) => Promise<Result<Subject>>

export interface IdentifyDependencies {
  readonly clock: Clock
  readonly store: CredentialLookup
  readonly authenticate: Authenticate
  /** Stands before every check of what a client presents. */
  readonly guard: GuessGuard
  /** `undefined`: there are none, and none is taken. */
  readonly refreshTokens: RefreshTokens | undefined
}

export function createIdentify(deps: IdentifyDependencies): Identify {
  /** A refresh token is no better than the credentials behind it, of which one must be as it was. */
  function fromRefreshToken(
    token: Redacted<string>,
    service: string,
    learn: Learn,
  ): Result<Subject> {
    if (deps.refreshTokens === undefined) {
      return refused('refresh_token_invalid', { detail: 'there are no refresh tokens here' })
    }
    const verified = deps.refreshTokens.verify(token.reveal(), service)
    if (!verified.ok) return verified
    const { id, account, credentials: references } = verified.value
    learn({ refreshTokenId: id })
    const live = liveCredentials(deps.store, references, deps.clock())
    if (live.length === 0) {
      return refused('refresh_token_invalid', {
        detail: 'its credentials changed, ended or are gone',
      })
    }
    return accepted(subjectOf(account, live))
  }

  return async (claimed, { address }, learn) => {
    const { presented, service } = claimed
    switch (presented.kind) {
      case 'nothing':
        return withItsAccount(claimed, accepted(ANONYMOUS))
      case 'password': {
        const { username, password } = presented.basic
        const found = await deps.guard({ address, username, secret: password }, async () =>
          withItsAccount(claimed, await deps.authenticate({ ...presented.basic, address })),
        )
        if (found.ok || found.refusal.reason !== 'too_many_failures') return found
        return refused('too_many_failures', {
          ...found.refusal,
          ...whoIsKeptOut(deps.store, username),
        })
      }
      case 'refresh': {
        const { token } = presented
        return deps.guard({ address, username: undefined, secret: token }, () =>
          Promise.resolve(withItsAccount(claimed, fromRefreshToken(token, service, learn))),
        )
      }
    }
  }
}

/** For the record. No other name: people type passwords there. */
function whoIsKeptOut(
  store: CredentialLookup,
  username: string,
): Pick<Refusal, 'detail' | 'cause'> {
  const unusable = unusableIn(store, username)
  if (unusable !== undefined) {
    return { detail: `for ${username}: ${unusable.words}`, cause: unusable.cause }
  }
  return store.byUsername(username).length > 0 ? { detail: `for ${username}` } : {}
}

/**
 * Clients name the user in `account` too. That may only repeat what the credentials say; else the
 * answer is that for a wrong password. Asked after the credentials were checked, so that it takes as
 * long, and inside the guard, since it may be guessed as well.
 */
function withItsAccount(
  { account, presented }: ClaimedIdentity,
  found: Result<Subject>,
): Result<Subject> {
  const username = presented.kind === 'password' ? presented.basic.username : ''
  if (!found.ok || account === '' || account === username) return found
  const detail = 'account is not the user name'
  switch (presented.kind) {
    case 'nothing':
      return refused('credentials_missing', { detail })
    case 'password':
      return refused('credentials_invalid', { detail })
    case 'refresh':
      return refused('refresh_token_invalid', { detail })
  }
}
