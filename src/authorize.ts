import { shareOf, type Asker } from './policy/asker.ts'
import type { Decider } from './policy/decider.ts'
import { grant, undecided, type Grant } from './policy/grant.ts'
import type { Policy } from './policy/policy.ts'
import { isForPods } from './policy/verdict.ts'
import { isWithin } from './policy/voices.ts'
import { accepted, refused, type Result } from './refusal.ts'
import { covers, mergeAccess, type Access, type ResourceActions } from './registry/access.ts'
import type { Holder, Labels } from './subject.ts'

/** What a decider is asked: may this account do this to one resource? */
export interface Question {
  readonly account: string
  /** By which of its holders; `undefined`: nobody. */
  readonly holder: Holder | undefined
  readonly resource: ResourceActions
  readonly service: string
  /** Of the client. */
  readonly address: string | undefined
  readonly labels: Labels | undefined
  /** Whose place it takes where places are few; of nobody: `undefined`. */
  readonly share: string | undefined
}

/** `actions`: those of the question that are allowed; without: all. `detail` is for the log, of a yes and a no, too. */
export type Judgement =
  | { readonly kind: 'allowed'; readonly actions?: readonly string[]; readonly detail?: string }
  | { readonly kind: 'denied'; readonly detail?: string }
  | { readonly kind: 'failure'; readonly detail: string }

/** Somebody besides the rules who says who may do what. Never rejects. */
export type AskPolicy = (question: Question) => Promise<Judgement>

/** One that can be asked. */
export interface AskedDecider extends Decider {
  readonly ask: AskPolicy
}

/** Questions of one request at a time: with all that it may ask for it would fill the places of its share. */
const AT_ONCE = 4

/** Of what a decider says beside its answers. */
const MAX_DETAILS = 4

/** What of `requested` is allowed, by the rules and by whoever else is asked. */
export type Authorize = (policy: Policy, asker: Asker, requested: Access) => Promise<Result<Grant>>

/**
 * The rules decide, each resource by itself; the decider is asked about what they leave open, once for each
 * holder. Its silence is neither a yes nor a no: then there is no answer at all.
 */
export function createAuthorize(decider: AskedDecider | undefined): Authorize {
  return async (policy, asker, requested) => {
    const granted = grant(policy, asker, requested)
    const open = decider === undefined ? [] : undecided(policy, asker, requested, decider)
    if (decider === undefined || open.length === 0) return accepted(granted)
    const { account, service, address, holders } = asker
    const share = holders.length === 0 ? undefined : shareOf(asker)
    const questions = open.flatMap((resource) =>
      heldBy(asker).map(({ holder, labels }) => ({ holder, labels, resource })),
    )
    const allowed: ResourceActions[] = []
    const details = new Set<string>()
    for (let i = 0; i < questions.length; i += AT_ONCE) {
      const judged = await Promise.all(
        questions.slice(i, i + AT_ONCE).map(async (question) => {
          const judgement = await decider.ask({ account, service, address, share, ...question })
          return { ...question, judgement }
        }),
      )
      for (const { holder, resource, judgement } of judged) {
        if (judgement.kind === 'failure') {
          return refused('policy_unavailable', { detail: judgement.detail })
        }
        if (judgement.detail !== undefined) details.add(judgement.detail)
        if (judgement.kind === 'denied') continue
        const { actions: said = resource.actions } = judgement
        const actions = resource.actions.filter(
          (action) => said.includes(action) && mayHave(decider, holder, action),
        )
        if (actions.length > 0) allowed.push({ ...resource, actions })
      }
    }
    const decided = withDecided(granted, decider, mergeAccess(allowed), true)
    const said = [...details].slice(0, MAX_DETAILS).join('; ')
    return accepted(said === '' ? decided : { ...decided, detail: `${decider.name}: ${said}` })
  }
}

function withDecided(granted: Grant, by: Decider, allowed: Access, isDecisive: boolean): Grant {
  const decided = { by, access: allowed }
  if (!isDecisive) return { ...granted, decided }
  return {
    ...granted,
    access: mergeAccess([...granted.access, ...allowed]),
    rules: [...granted.rules, by.name],
    decided,
  }
}

/** One that is not asked about ServiceAccounts as such has them pull, as a rule that names none has. */
function mayHave(
  { knowsServiceAccounts }: Decider,
  holder: Holder | undefined,
  action: string,
): boolean {
  return isWithin(holder, action) && (knowsServiceAccounts || isForPods(holder ?? {}, action))
}

/** Each holder with what is told of it; nobody is asked about, too. */
function heldBy({
  holders,
  nobody,
}: Asker): readonly { readonly holder: Holder | undefined; readonly labels: Labels | undefined }[] {
  if (holders.length === 0) return [{ holder: undefined, labels: nobody }]
  return holders.map((holder) => ({ holder, labels: holder.labels }))
}

/** What of a token was allowed by a decider, and who that is now, if anybody is. */
export interface Standing {
  readonly decided: Access | undefined
  readonly decider: Decider | undefined
}

/**
 * What of `required` whoever holds a token has now: what the rules allow, and of what they leave open to a
 * decider what it allowed. It was asked when the token was made, and is not asked again for each request:
 * its yes lasts as long as the token, and as all holders that the token was made for, since it may rest on any of
 * them (`decider`), within what one of them may do by now.
 */
export function grantOf(
  policy: Policy,
  asker: Asker,
  required: Access,
  { decided, decider }: Standing,
): Grant {
  const granted = grant(policy, asker, required)
  if (decider === undefined || decided === undefined) return granted
  const kept = undecided(policy, asker, required, decider)
    .map((resource) => ({
      ...resource,
      actions: resource.actions.filter((action) => withinOne(decider, asker, action)),
    }))
    .filter((resource) => resource.actions.length > 0 && covers(decided, [resource]))
  return withDecided(granted, decider, kept, kept.length > 0)
}

/** Whether one of the holders may do this at all; nobody has no limit. */
function withinOne(decider: Decider, { holders }: Asker, action: string): boolean {
  return holders.length === 0 || holders.some((holder) => mayHave(decider, holder, action))
}
