import { LRUCache } from 'lru-cache'
import type { AskPolicy, Judgement, Question } from '../../authorize.ts'
import { createAskingQueue } from '../../credentials/asking-queue.ts'
import { messageOf } from '../../errors.ts'
import { isMapping } from '../../mapping.ts'
import { networkOf } from '../network.ts'
import { accessSpec, type AccessSpec } from './access-attributes.ts'
import type { Api } from './api.ts'
import { endingWith } from './ending-with.ts'

export interface AccessReviewOptions {
  readonly api: Pick<Api, 'send'>
  /** How many are under way at a time. */
  readonly atOnce: number
  /** Longest time for one answer, waiting for its turn included, milliseconds. */
  readonly timeout: number
  /** How long an answer is one without asking again, milliseconds; 0: never. */
  readonly remember: number
  /** Milliseconds, going forwards. */
  readonly timer: () => number
}

type Answer = 'yes' | 'no' | { readonly failure: string }

const PATH = '/apis/authorization.k8s.io/v1/subjectaccessreviews'

const MAX_REMEMBERED = 10_000

/**
 * Asks the API server who may do what (SubjectAccessReview of authorization.k8s.io/v1), each action by itself. The
 * same question that is under way is not asked twice, and an answer, also a no, is one for a moment. A failure is
 * none, and remembered by nobody.
 */
export function createAccessReviews(options: AccessReviewOptions): AskPolicy {
  const { api, atOnce, timeout, remember, timer } = options
  const queue = createAskingQueue(atOnce)
  const underWay = new Map<string, Promise<Answer>>()
  const known = new LRUCache<string, { readonly answer: Answer; readonly at: number }>({
    max: MAX_REMEMBERED,
  })

  async function send(spec: AccessSpec, deadline: number): Promise<Answer> {
    const patience = Math.floor(deadline - timer())
    if (patience <= 0) return { failure: 'it had no turn at the API server in time' }
    const signal = AbortSignal.timeout(patience)
    try {
      const asked = api.send('POST', PATH, {
        body: {
          ...{ apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview' },
          spec: { ...spec },
        },
        ...{ patience, signal },
      })
      const { status } = await endingWith(signal, asked)
      if (!isMapping(status)) return { failure: 'the API server answered no SubjectAccessReview' }
      return status['allowed'] === true ? 'yes' : 'no'
    } catch (thrown) {
      const why = signal.aborted ? `no answer within ${timeout / 1000} s` : messageOf(thrown)
      return { failure: `the API server reviews no access: ${why}` }
    }
  }

  async function remembering(key: string, asked: Promise<Answer>): Promise<Answer> {
    const answer = await asked
    if (remember > 0 && typeof answer === 'string') known.set(key, { answer, at: timer() })
    return answer
  }

  function ask(spec: AccessSpec, share: string): Promise<Answer> {
    const key = JSON.stringify(spec)
    const found = known.get(key)
    if (found !== undefined && timer() - found.at < remember) return Promise.resolve(found.answer)
    const same = underWay.get(key)
    if (same !== undefined) return same
    const deadline = timer() + timeout
    const asked = queue(share, () => send(spec, deadline))
    if (asked === undefined) {
      return Promise.resolve({ failure: 'too many questions wait for the API server' })
    }
    const answer = remembering(key, asked).finally(() => underWay.delete(key))
    underWay.set(key, answer)
    return answer
  }

  return async (question) => {
    const { resource } = question
    const answers = await Promise.all(
      resource.actions.map(async (action) => {
        const spec = accessSpec(question, action)
        return { action, answer: spec === undefined ? 'no' : await ask(spec, shareOf(question)) }
      }),
    )
    return judgementOf(answers)
  }
}

function judgementOf(
  answers: readonly { readonly action: string; readonly answer: Answer }[],
): Judgement {
  const actions: string[] = []
  for (const { action, answer } of answers) {
    if (typeof answer !== 'string') return { kind: 'failure', detail: answer.failure }
    if (answer === 'yes') actions.push(action)
  }
  return actions.length === 0 ? { kind: 'denied' } : { kind: 'allowed', actions }
}

/** Nobody has the place of its network. */
function shareOf({ share, address = '' }: Question): string {
  return share ?? networkOf(address)
}
