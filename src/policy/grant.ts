import type { Access, ResourceActions } from '../registry/access.ts'
import { isRepositoryName } from '../registry/repository-name.ts'
import type { Holder } from '../subject.ts'
import { voiceOf, type Asker, type Voice } from './asker.ts'
import { matchRule, valuesFor } from './match-rule.ts'
import { parseAddress } from './network.ts'
import type { Policy } from './policy.ts'
import type { Rule } from './rule.ts'

export interface Grant {
  /** What of the request is allowed: never more than was requested. */
  readonly access: Access
  /** The rules that decided, each once, in the order of the resources they decided on. */
  readonly rules: readonly string[]
}

/** What the rules say about one resource to one voice. */
interface Verdict {
  readonly rules: readonly Rule[]
  /** Whether the last of them matches for sure. */
  readonly certain: boolean
}

/**
 * The first rule that matches, and those before it of which that can't be told, as where nobody knows
 * whether the client is in their network: such a rule must neither allow anything nor be passed over in
 * silence.
 */
function verdictOf(policy: Policy, voice: Voice, resource: ResourceActions): Verdict {
  const rules: Rule[] = []
  const values = valuesFor(voice, resource.type, resource.name)
  let certain = false
  policy.index.search(voice, resource.name, (rule) => {
    const matches = matchRule(rule, voice, resource, values)
    if (matches === false) return false
    rules.push(rule)
    certain = matches === true
    return certain
  })
  return { rules, certain }
}

/** `*` stands for everything, also what has no name yet: no limit leaves it whole. */
function isAllowed({ rules, certain }: Verdict, holder: Holder | undefined, action: string) {
  const limit = holder?.actions
  return (
    certain &&
    rules.every(
      ({ actions }) => (actions.length === 1 && actions[0] === '*') || actions.includes(action),
    ) &&
    (limit === undefined || (action !== '*' && limit.includes(action)))
  )
}

/**
 * What of `requested` the policy allows to all holders of one asker together; to none: an anonymous
 * subject. A holder may do what the policy allows to its namespace, and of that no more than its own
 * actions. Each resource is judged on its own. A repository whose name is not in the OCI grammar is
 * never granted, whatever the rules: a pattern must not be asked about `team-a/../team-b`.
 *
 * Of an address that is not known the client has what it would have at every address.
 */
export function grant(policy: Policy, asker: Asker, requested: Access): Grant {
  const { holders, address: text } = asker
  const address = policy.locates && text !== undefined ? parseAddress(text) : undefined
  const asking = (holders.length === 0 ? [undefined] : holders).map((holder) => ({
    holder,
    voice: voiceOf(asker, holder, address),
  }))
  const access: ResourceActions[] = []
  const rules = new Set<string>()
  for (const resource of requested) {
    if (resource.type === 'repository' && !isRepositoryName(resource.name)) continue
    const decided = asking.map(({ holder, voice }) => ({
      holder,
      verdict: verdictOf(policy, voice, resource),
    }))
    for (const { verdict } of decided) for (const { id } of verdict.rules) rules.add(id)
    const actions = resource.actions.filter((action) =>
      decided.some(({ holder, verdict }) => isAllowed(verdict, holder, action)),
    )
    if (actions.length > 0) access.push({ ...resource, actions })
  }
  return { access, rules: [...rules] }
}
