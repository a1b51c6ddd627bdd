import type { Explanation } from '../../policy/explain.ts'
import { explanationWords } from '../../policy/explanation-words.ts'
import type { Tags } from '../../policy/asker.ts'
import type { Access } from '../../registry/access.ts'
import { hostHint, parseImageReference, tagsNamed } from '../../registry/image-reference.ts'
import { parseScopes } from '../../registry/scope.ts'
import { isIP } from 'node:net'

/** Whether somebody may do something, as the form asks it. */
export interface Question {
  /** `NAMESPACE`, `NAMESPACE/USER`, `/USER`, or a ServiceAccount's user name; empty: nobody. */
  readonly as: string
  readonly requested: Access
  /** Of the request; `any`: of a token, which is for all tags. */
  readonly tags: Tags
  readonly ip?: string
}

export interface Judgement {
  readonly allowed: boolean
  /** What the answer rests on that may not be so. */
  readonly notes: readonly string[]
  readonly explanation: Explanation
}

/** Nothing: it does not say who asks. */
export type Ask = (question: Question) => Promise<Judgement | undefined>

const AS = 'say a namespace, NAMESPACE/USER, /USER, or nothing for somebody without credentials'
const WHAT = 'say a repository, such as team-a/app, team-a/app:v1 or team-a/app@sha256:…'

/** The answer to the fields of the form, or what is wrong with them. */
export async function answerQuestion(ask: Ask, query: URLSearchParams): Promise<object> {
  const field = (name: string) => (query.get(name) ?? '').trim()
  const image = parseImageReference(field('repository'))
  if ('flaw' in image) return { error: image.flaw }
  const requested = parseScopes([`repository:${image.name}:${field('actions')}`])
  if (!requested.ok || requested.value.length === 0) return { error: WHAT }
  const ip = field('ip')
  if (ip !== '' && isIP(ip) === 0) return { error: 'the address is no IP address' }
  const as = field('as')
  const tags = tagsNamed(image, field('actions').split(','))
  const judged = await ask({
    ...{ as, tags, requested: requested.value, ...(ip === '' ? {} : { ip }) },
  })
  if (judged === undefined) return { error: AS }
  const { allowed, explanation } = judged
  const notes = [...judged.notes, ...(allowed ? [] : hostHint(image))]
  const words = explanationWords(explanation)
  const verdicts = words.flatMap(({ actions }) => actions)
  const what = `${field('actions')} ${field('repository')}`
  return {
    ...{ allowed, notes, explanation: words },
    sentence: `${as === '' ? 'Somebody without credentials' : as} ${allowed ? 'may' : 'may not'} ${what}.`,
    because: [
      ...new Set(verdicts.filter((one) => one.allowed === allowed).map((one) => one.words)),
    ],
  }
}
