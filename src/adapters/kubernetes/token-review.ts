import { createAskingQueue } from '../../credentials/asking-queue.ts'
import type { VerifiedToken } from '../../credentials/service-accounts/source.ts'
import type { Login } from '../../credentials/source.ts'
import { isMapping, type Mapping } from '../../mapping.ts'
import type { Redacted } from '../../redacted.ts'
import { loginShare } from '../login-share.ts'
import type { Api } from './api.ts'
import { createReview, type ReviewKind } from './review.ts'

export interface TokenReviewOptions {
  readonly api: Pick<Api, 'send'>
  /** A token must be for one of these. */
  readonly audiences: readonly string[]
  /** How many are reviewed at a time. */
  readonly atOnce: number
  /** Longest time for one answer, waiting for its turn included, milliseconds. */
  readonly timeout: number
  /** Milliseconds, going forwards. */
  readonly timer: () => number
}

export interface TokenReviews {
  readonly verify: (login: Login) => Promise<VerifiedToken>
  /** Why the API server reviewed no token when it was last asked, if that was within the last minute. */
  readonly problem: () => string | undefined
}

const KIND: ReviewKind = {
  ...{ group: 'authentication.k8s.io', kind: 'TokenReview' },
  ...{ resource: 'tokenreviews', fails: 'reviews no token' },
}

/**
 * Asks the API server about tokens (TokenReview of authentication.k8s.io/v1): it knows which ServiceAccounts, pods
 * and Secrets, that tokens are bound to, are gone. What it does not say in so many words is no yes.
 */
export function createTokenReviews(options: TokenReviewOptions): TokenReviews {
  const { audiences, atOnce, timeout, timer } = options
  const review = createReview(KIND, options)
  const queue = createAskingQueue(atOnce)

  async function verify(token: Redacted<string>, deadline: number): Promise<VerifiedToken> {
    const reviewed = await review.ask({ token, audiences }, deadline)
    return reviewed.kind === 'answered' ? judge(reviewed.status, audiences) : error(reviewed.detail)
  }

  return {
    verify(login) {
      const deadline = timer() + timeout
      return (
        queue(loginShare(login), () => verify(login.password, deadline)) ??
        Promise.resolve(error('too many tokens wait for the API server'))
      )
    },
    problem: review.problem,
  }
}

function judge(status: Mapping, audiences: readonly string[]): VerifiedToken {
  const { authenticated, user, audiences: found } = status
  if (authenticated !== true) return no('the API server does not know it')
  // One that knows no audiences would take any token.
  if (!Array.isArray(found) || !audiences.some((one) => found.includes(one))) {
    return no('the API server does not say that it is for this audience')
  }
  const username = isMapping(user) ? user['username'] : undefined
  return typeof username === 'string'
    ? { kind: 'verified', username }
    : error('the API server does not say whose it is')
}

function no(detail: string) {
  return { kind: 'no', detail } as const
}

function error(detail: string) {
  return { kind: 'error', detail } as const
}
