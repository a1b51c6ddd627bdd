import type { Judgement, Question } from '../../adapters/live-view/question.ts'
import { explain } from '../../policy/explain.ts'
import type { Common } from '../common.ts'
import { judge } from './judge.ts'
import { cannotLogIn, parseWho, whoAsks } from './who.ts'

/** What the running rauth would decide, by its policy and its credentials of now. Nothing is recorded of it. */
export async function askLive(
  { config, identity, decider, policy, clock }: Common,
  { as, requested, tags, ip }: Question,
): Promise<Judgement | undefined> {
  const who = as === '' ? undefined : parseWho(as)
  if (as !== '' && who === undefined) return undefined
  const terms = {
    label: {},
    tags,
    ...(who && { as: who }),
    ...(ip === undefined ? {} : { ip }),
  }
  const asking = whoAsks(terms, { config, identity }, clock())
  const current = policy()
  const { record } = await judge(current, asking, requested)
  const notAsked = `${decider?.name ?? ''} decides what no rule is about: it is not asked here`
  return {
    allowed: record.outcome === 'allowed',
    notes: [...asking.notes, ...cannotLogIn(asking), ...(decider === undefined ? [] : [notAsked])],
    explanation: explain(current, asking.asker, requested),
  }
}
