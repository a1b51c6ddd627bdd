import { createHash } from 'node:crypto'
import { createAskedBriefly } from '../../credentials/asked-briefly.ts'
import type { AskPolicy, Judgement, Question } from '../../authorize.ts'
import { createAskingQueue } from '../../credentials/asking-queue.ts'
import type { Mapping } from '../../mapping.ts'
import { visible } from '../../printable.ts'
import { networkOf } from '../network.ts'
import { accessSpec, type AccessSpec } from './access-attributes.ts'
import type { Api } from './api.ts'
import { createReview, type ReviewKind } from './review.ts'

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
  /** Told of each question whether it is answered without asking. */
  readonly onLookup?: (known: boolean) => void
}

export interface AccessReviews {
  readonly ask: AskPolicy
  /** Why the API server reviewed no access when it was last asked, if that was within the last minute. */
  readonly problem: () => string | undefined
}

interface Answer {
  readonly kind: 'yes' | 'no' | 'failure'
  /** For the log: why there is none, or what went wrong beside it. */
  readonly detail?: string
}

const NO: Answer = { kind: 'no' }

const KIND: ReviewKind = {
  ...{ group: 'authorization.k8s.io', kind: 'SubjectAccessReview' },
  ...{ resource: 'subjectaccessreviews', fails: 'reviews no access' },
}

const MAX_REMEMBERED = 10_000

/** Of the places, those for questions about nobody: one of so many. */
const NOBODYS = 4

/** Characters of what went wrong beside an answer that are logged. */
const MAX_DETAIL = 500

/**
 * Asks the API server who may do what (SubjectAccessReview of authorization.k8s.io/v1), each action by itself. The
 * same question of one share that is under way is not asked twice, and an answer, also a no, is one for a moment. A
 * failure is none, and remembered by nobody.
 *
 * Nobody has places apart from those who logged in: anybody may be nobody, as often as there are networks.
 */
export function createAccessReviews(options: AccessReviewOptions): AccessReviews {
  const { atOnce, timeout, remember, timer } = options
  const review = createReview(KIND, options)
  const nobodys = Math.max(1, Math.floor(atOnce / NOBODYS))
  const queues = {
    nobody: createAskingQueue(nobodys),
    others: createAskingQueue(Math.max(1, atOnce - nobodys)),
  }
  const askBriefly = createAskedBriefly<Answer, 'yes' | 'no'>({
    lifetimes: { yes: remember, no: remember },
    kindOf: ({ kind }) => (kind === 'failure' ? undefined : kind),
    ...{ most: MAX_REMEMBERED, clock: timer, onLookup: options.onLookup },
  })

  async function send(spec: AccessSpec, deadline: number): Promise<Answer> {
    const reviewed = await review.ask({ ...spec }, deadline)
    if (reviewed.kind !== 'answered') return failure(reviewed.detail)
    const { status } = reviewed
    return { kind: status['allowed'] === true ? 'yes' : 'no', ...besideOf(status) }
  }

  function ask(spec: AccessSpec, { holder, share, address = '' }: Question): Promise<Answer> {
    const place = share ?? networkOf(address)
    const queue = holder === undefined ? queues.nobody : queues.others
    return askBriefly(keyOf(spec, place), () => {
      const deadline = timer() + timeout
      const full = failure('too many questions wait for the API server')
      return queue(place, () => send(spec, deadline)) ?? Promise.resolve(full)
    })
  }

  async function judge(question: Question): Promise<Judgement> {
    const { resource } = question
    const answers = await Promise.all(
      resource.actions.map(async (action) => {
        const spec = accessSpec(question, action)
        return { action, answer: spec === undefined ? NO : await ask(spec, question) }
      }),
    )
    return judgementOf(answers)
  }

  return { ask: judge, problem: review.problem }
}

function judgementOf(
  answers: readonly { readonly action: string; readonly answer: Answer }[],
): Judgement {
  const actions: string[] = []
  const beside = new Set<string>()
  for (const { action, answer } of answers) {
    if (answer.kind === 'failure') return { kind: 'failure', detail: answer.detail ?? '' }
    if (answer.kind === 'yes') actions.push(action)
    if (answer.detail !== undefined) beside.add(answer.detail)
  }
  const said = beside.size === 0 ? {} : { detail: [...beside].join('; ') }
  return actions.length === 0 ? { kind: 'denied', ...said } : { kind: 'allowed', actions, ...said }
}

function failure(detail: string): Answer {
  return { kind: 'failure', detail }
}

/** What an authorizer could not look at; others said what they have to say all the same. */
function besideOf({ evaluationError: text }: Mapping): Pick<Answer, 'detail'> {
  return typeof text === 'string' && text !== ''
    ? { detail: visible(text.slice(0, MAX_DETAIL)) }
    : {}
}

/** Groups may be hundreds: of what was asked no more than a hash is kept. */
function keyOf(spec: AccessSpec, place: string): string {
  return createHash('sha256')
    .update(JSON.stringify([place, spec]))
    .digest('base64')
}
