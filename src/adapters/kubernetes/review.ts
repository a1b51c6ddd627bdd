import { messageOf } from '../../errors.ts'
import { isMapping, type Mapping } from '../../mapping.ts'
import { createRecentFailure } from '../recent-failure.ts'
import type { Api } from './api.ts'
import { endingWith } from './ending-with.ts'

/** Which object asks, such as a TokenReview of authentication.k8s.io. */
export interface ReviewKind {
  readonly group: string
  readonly kind: string
  /** In the path. */
  readonly resource: string
  /** What the API server fails to do, for people: `reviews no token`. */
  readonly fails: string
}

export interface ReviewOptions {
  readonly api: Pick<Api, 'send'>
  /** Longest time for one answer, waiting for its turn included, milliseconds: only to tell. */
  readonly timeout: number
  /** Milliseconds, going forwards. */
  readonly timer: () => number
}

/** What an answer says; `odd`: it is none of that kind; `silent`: there is none; `late`: nothing was asked. */
export type Reviewed =
  | { readonly kind: 'answered'; readonly status: Mapping }
  | { readonly kind: 'odd' | 'late' | 'silent'; readonly detail: string }

export interface Review {
  /** Asks by a spec, until a moment of the timer. */
  readonly ask: (spec: Mapping, deadline: number) => Promise<Reviewed>
  /** Why there was no answer to the last question, if that was within the last minute. */
  readonly problem: () => string | undefined
}

/** Questions that the API server answers in the object that it is asked by, and keeps nothing of. */
export function createReview(
  { group, kind, resource, fails }: ReviewKind,
  { api, timeout, timer }: ReviewOptions,
): Review {
  const failure = createRecentFailure(timer)

  async function ask(spec: Mapping, deadline: number): Promise<Reviewed> {
    const patience = Math.floor(deadline - timer())
    if (patience <= 0) {
      return { kind: 'late', detail: 'it had no turn at the API server in time' }
    }
    const signal = AbortSignal.timeout(patience)
    try {
      const asked = api.send('POST', `/apis/${group}/v1/${resource}`, {
        body: { apiVersion: `${group}/v1`, kind, spec },
        ...{ patience, signal },
      })
      // Also while the login for the API server is still fetched.
      const { status } = await endingWith(signal, asked)
      failure.answered()
      return isMapping(status)
        ? { kind: 'answered', status }
        : { kind: 'odd', detail: `the API server answered no ${kind}` }
    } catch (thrown) {
      const why = signal.aborted ? `no answer within ${timeout / 1000} s` : messageOf(thrown)
      const detail = `the API server ${fails}: ${why}`
      failure.failed(detail)
      return { kind: 'silent', detail }
    }
  }

  return { ask, problem: failure.problem }
}
