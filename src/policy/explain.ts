import { covers, mergeAccess, type Access, type ResourceActions } from '../registry/access.ts'
import { isRepositoryName } from '../registry/repository-name.ts'
import type { Asker } from './asker.ts'
import type { Decided } from './decider.ts'
import { grant, undecided } from './grant.ts'
import { hear, outcomeOf, reasonOf, type Hearing } from './hearing.ts'
import { valuesFor } from './match-rule.ts'
import type { Policy } from './policy.ts'
import type { Rule } from './rule.ts'
import { allowing, denying, matchWithTags, says } from './verdict.ts'
import { isWithin, voicesOf } from './voices.ts'
import { whyNot, type Unmet } from './why-not.ts'

/** A decision of the policy, with all that it came from. */
export interface Explanation {
  /** The version of the policy: lines of its rules are those of that text. */
  readonly policy?: string
  readonly granted: Access
  readonly resources: readonly ExplainedResource[]
}

export interface ExplainedResource {
  readonly type: string
  readonly name: string
  readonly actions: readonly ExplainedAction[]
  /** Each holder of whoever asks is judged for itself. */
  readonly holders: readonly ExplainedHolder[]
}

export interface ExplainedAction {
  readonly action: string
  readonly allowed: boolean
  readonly because:
    /** The rule says so. */
    | 'rule'
    /** No rule matches. */
    | 'no rule'
    /** It is not for the rules to decide, and whoever else was asked has allowed it or not. */
    | 'decider'
    /** It can't be told whether a rule matches that would deny. */
    | 'untold'
    /** The credential is not for this action, whatever the policy says. */
    | 'credential'
    /** The rule has no ServiceAccount in mind: of what it allows these have pulls alone. */
    | 'serviceaccount'
    /** It would be denied if what is in shadow were in force. */
    | 'shadow'
    /** The text is no name of a repository, and nothing of it is ever granted. */
    | 'name'
  /** The rule that decides, as `policy.yaml:12`, or who else does; none if nobody does. */
  readonly rule?: string
  /** The words of a rule for whoever it denies this. */
  readonly reason?: string
}

export interface ExplainedHolder {
  /** Nobody is logged in. */
  readonly anonymous?: true
  /** None: nobody, or somebody without one. */
  readonly namespace?: string
  readonly serviceaccount?: string
  /** The most that its credential may do; without: anything. */
  readonly limit?: readonly string[]
  /** In the order of the policy, up to the one that matches for sure. */
  readonly tried: readonly ExplainedRule[]
  /** How many rules stand behind that one. */
  readonly untried: number
}

export interface ExplainedRule {
  readonly rule: string
  /** `some`: for some tags of a token; `unknown`: that can't be told. */
  readonly matches: 'yes' | 'no' | 'unknown' | 'some'
  readonly actions: readonly string[]
  /** It decides nothing. */
  readonly shadow?: true
  /** What keeps it from matching; empty if it does. */
  readonly unmet: readonly Unmet[]
}

/**
 * The decision that {@link grant} makes, and how it comes to that: every rule in order, with what keeps
 * it from matching, and for each action what decides. Nothing is decided here; `decided` is what is
 * allowed by whoever was asked about what the rules leave open.
 */
export function explain(
  policy: Policy,
  asker: Asker,
  requested: Access,
  decided?: Decided,
): Explanation {
  const { access } = grant(policy, asker, requested)
  const granted = decided === undefined ? access : mergeAccess([...access, ...decided.access])
  const open = decided === undefined ? [] : undecided(policy, asker, requested, decided.by)
  const resources = requested.map((resource) => {
    const { type, name, actions } = resource
    const hearings = voicesOf(policy, asker).map((one) => hear(policy, one, resource))
    return {
      ...{ type, name },
      actions: actions.map((action) => {
        const isOpen = covers(open, [{ type, name, actions: [action] }])
        const opened = isOpen ? decided : undefined
        return actionOf({ policy, hearings, opened }, resource, action)
      }),
      holders: hearings.map((one) => holderOf(policy, one, resource)),
    }
  })
  const { version } = policy
  return { ...(version === undefined ? {} : { policy: version }), granted, resources }
}

/**
 * The same, made when it is asked for, and as long as somebody else holds the policy: what is kept for
 * that has nothing of a password, and keeps no policy that is no longer in force.
 */
export function explainLater(
  policy: Policy,
  asker: Asker,
  requested: Access,
  decided?: Decided,
): () => Explanation | undefined {
  const kept = new WeakRef(policy)
  const holders = asker.holders.map(({ namespace, serviceaccount, labels, actions }) => ({
    ...(namespace === undefined ? {} : { namespace }),
    ...(serviceaccount === undefined ? {} : { serviceaccount }),
    ...(labels === undefined ? {} : { labels }),
    ...(actions === undefined ? {} : { actions }),
  }))
  return () => {
    const found = kept.deref()
    return found && explain(found, { ...asker, holders }, requested, decided)
  }
}

interface Heard {
  readonly policy: Policy
  readonly hearings: readonly Hearing[]
  /** If it is not for the rules. */
  readonly opened: Decided | undefined
}

function actionOf(
  { policy, hearings, opened }: Heard,
  resource: ResourceActions,
  action: string,
): ExplainedAction {
  if (resource.type === 'repository' && !isRepositoryName(resource.name)) {
    return { action, allowed: false, because: 'name' }
  }
  const outcome = outcomeOf(policy, hearings, resource, action)
  if (typeof outcome === 'string')
    return { action, allowed: true, because: 'shadow', rule: outcome }
  const heard = hearings.filter(({ holder }) => isWithin(holder, action))
  if (opened !== undefined && heard.length > 0) {
    const allowed = covers(opened.access, [{ ...resource, actions: [action] }])
    return { action, allowed, because: 'decider', rule: opened.by.name }
  }
  if (outcome) {
    const rule = heard
      .map(({ verdict, voice }) => allowing(verdict.tried, action, voice))
      .find((one) => one !== undefined)
    return { action, allowed: true, because: 'rule', ...named(rule) }
  }
  const reason = reasonOf(hearings, action)
  return {
    ...{ action, allowed: false },
    ...(heard.length === 0 ? { because: 'credential' } : denialOf(heard, action)),
    ...(reason === undefined ? {} : { reason }),
  }
}

/** Of several holders the first that a rule denies something. */
function denialOf(
  heard: readonly Hearing[],
  action: string,
): Pick<ExplainedAction, 'because' | 'rule'> {
  const all = heard.map(({ verdict, voice }) => {
    return { verdict, rule: denying(verdict.tried, action, voice) }
  })
  const found = all.find(({ rule }) => rule !== undefined)
  if (found?.rule !== undefined) {
    const { verdict, rule } = found
    const sure = verdict.tried.some((one) => one.rule === rule && one.matches === true)
    // What it allows and still denies.
    const isSpared = says(rule, action)
    return { because: sure ? (isSpared ? 'serviceaccount' : 'rule') : 'untold', ...named(rule) }
  }
  const untold = all.flatMap(({ verdict }) => verdict.tried.map(({ rule }) => rule))
  return untold[0] === undefined
    ? { because: 'no rule' }
    : { because: 'untold', ...named(untold[0]) }
}

function named(rule: Rule | undefined): Pick<ExplainedAction, 'rule'> {
  return rule === undefined ? {} : { rule: rule.id }
}

/** Every rule for one holder, not only those that the index finds. */
function holderOf(
  { rules }: Policy,
  { holder, voice }: Hearing,
  resource: ResourceActions,
): ExplainedHolder {
  const values = valuesFor(voice, resource.type, resource.name)
  const tried: ExplainedRule[] = []
  for (const rule of rules) {
    const match = matchWithTags(rule, voice, resource, values)
    const unmet = match === true ? [] : whyNot(rule, voice, resource, values)
    tried.push({
      rule: rule.id,
      matches: match === true ? 'yes' : match === false ? 'no' : (match ?? 'unknown'),
      actions: rule.actions,
      ...(rule.shadow === true ? { shadow: true } : {}),
      unmet,
    })
    if (match === true && rule.shadow !== true) break
  }
  return {
    ...(holder === undefined ? { anonymous: true } : {}),
    ...(holder?.namespace === undefined ? {} : { namespace: holder.namespace }),
    ...(holder?.serviceaccount === undefined ? {} : { serviceaccount: holder.serviceaccount }),
    ...(holder?.actions === undefined ? {} : { limit: holder.actions }),
    ...{ tried, untried: rules.length - tried.length },
  }
}
