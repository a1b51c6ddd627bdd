import { shareOf, type Asker } from './policy/asker.ts'
import { grant, undecided, type Grant } from './policy/grant.ts'
import type { Policy } from './policy/policy.ts'
import { isForPods } from './policy/verdict.ts'
import { isWithin } from './policy/voices.ts'
import { accepted, refused, type Result } from './refusal.ts'
import { covers, mergeAccess, type Access, type ResourceActions } from './registry/access.ts'
import type { Holder, Labels } from './subject.ts'

/** What a command is asked: may this account do this to one resource? */
export interface Question {
  readonly account: string
  readonly resource: ResourceActions
  readonly service: string
  /** Of the client. */
  readonly address: string | undefined
  readonly labels: Labels | undefined
  /** Whose place it takes where places are few; of nobody: `undefined`. */
  readonly share: string | undefined
}

/** All that is asked for or none of it; `detail` is for the log. */
export type Judgement =
  | { readonly kind: 'allowed' }
  | { readonly kind: 'denied' }
  | { readonly kind: 'failure'; readonly detail: string }

/** A program of the administrator's that says who may do what. Never rejects. */
export type AskPolicy = (question: Question) => Promise<Judgement>

/** What it is called among the rules that decided. */
const COMMAND = 'policy.command'

/** Questions of one request at a time: with all that it may ask for it would fill the places of its share. */
const AT_ONCE = 4

/** What of `requested` is allowed, by the rules and by whoever else is asked. */
export type Authorize = (policy: Policy, asker: Asker, requested: Access) => Promise<Result<Grant>>

/**
 * The rules decide, each resource by itself; the command is asked where none of them is about a resource,
 * once for each holder. Its silence is neither a yes nor a no: then there is no answer at all.
 */
export function createAuthorize(ask: AskPolicy | undefined): Authorize {
  return async (policy, asker, requested) => {
    const granted = grant(policy, asker, requested)
    const open = ask === undefined ? [] : undecided(policy, asker, requested)
    if (ask === undefined || open.length === 0) return accepted(granted)
    const { account, service, address, holders } = asker
    const share = holders.length === 0 ? undefined : shareOf(asker)
    const questions = open.flatMap((resource) =>
      heldBy(asker).map(({ holder, labels }) => ({ holder, labels, resource })),
    )
    const allowed: ResourceActions[] = []
    for (let i = 0; i < questions.length; i += AT_ONCE) {
      const judged = await Promise.all(
        questions.slice(i, i + AT_ONCE).map(async ({ holder, labels, resource }) => {
          const judgement = await ask({ account, resource, service, address, labels, share })
          return { holder, resource, judgement }
        }),
      )
      for (const { holder, resource, judgement } of judged) {
        if (judgement.kind === 'failure') {
          return refused('policy_unavailable', { detail: judgement.detail })
        }
        if (judgement.kind === 'denied') continue
        const actions = resource.actions.filter((action) => mayHave(holder, action))
        allowed.push({ ...resource, actions })
      }
    }
    return accepted({
      ...granted,
      access: mergeAccess([...granted.access, ...allowed]),
      rules: [...granted.rules, COMMAND],
      commanded: allowed,
    })
  }
}

/** Of what a command allows: it was not asked with ServiceAccounts in mind, no more than a rule that names none. */
function mayHave(holder: Holder | undefined, action: string): boolean {
  return isWithin(holder, action) && isForPods(holder ?? {}, action)
}

/** Each holder with what the command is told of it; nobody is asked about, too. */
function heldBy({
  holders,
  nobody,
}: Asker): readonly { readonly holder: Holder | undefined; readonly labels: Labels | undefined }[] {
  if (holders.length === 0) return [{ holder: undefined, labels: nobody }]
  return holders.map((holder) => ({ holder, labels: holder.labels }))
}

/**
 * What of `required` whoever holds a token has now: what the rules allow, and where a command decides what
 * no rule is about, what the token holds of that. It was asked when the token was made, and is not asked
 * again for each request: its yes lasts as long as the token, and as all holders that the token was made for,
 * since it may rest on any of them (`commanded`), within what one of them may do by now.
 */
export function grantOf(
  policy: Policy,
  asker: Asker,
  required: Access,
  { held, commanded }: { readonly held: Access | undefined; readonly commanded: boolean },
): Grant {
  const granted = grant(policy, asker, required)
  if (!commanded || held === undefined) return granted
  const kept = undecided(policy, asker, required)
    .map((resource) => ({ ...resource, actions: resource.actions.filter(withinOne(asker)) }))
    .filter((resource) => resource.actions.length > 0 && covers(held, [resource]))
  if (kept.length === 0) return { ...granted, commanded: kept }
  return {
    ...granted,
    access: mergeAccess([...granted.access, ...kept]),
    rules: [...granted.rules, COMMAND],
    commanded: kept,
  }
}

/** Whether one of the holders may do this at all; nobody has no limit. */
function withinOne({ holders }: Asker): (action: string) => boolean {
  return (action) => holders.length === 0 || holders.some((holder) => mayHave(holder, action))
}
