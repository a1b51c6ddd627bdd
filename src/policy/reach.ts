import { voiceOf, type Asker, type Voice } from './asker.ts'
import { addresses, valuesFor } from './match-rule.ts'
import { parseAddress } from './network.ts'
import { placeholdersIn } from './placeholders.ts'
import type { Policy } from './policy.ts'
import type { Rule } from './rule.ts'

/**
 * Texts of which one begins every repository that this asker may pull, sorted; perhaps more than that.
 * The empty text is the beginning of all.
 */
export function reachOf(policy: Policy, asker: Asker): readonly string[] {
  const { holders, address: text } = asker
  const address = text === undefined ? undefined : parseAddress(text)
  const prefixes = (holders.length === 0 ? [undefined] : holders).flatMap((holder) => {
    const voice = voiceOf(asker, holder, address)
    return [...policy.rules, ...policy.shadows].flatMap((rule) => prefixOf(rule, voice) ?? [])
  })
  const reach: string[] = []
  // Sorted, those that go on from another stand right behind it.
  for (const prefix of prefixes.sort()) {
    const last = reach.at(-1)
    if (last === undefined || !prefix.startsWith(last)) reach.push(prefix)
  }
  return reach
}

/** What begins all that a rule lets a voice pull; nothing if it lets it pull nothing. */
function prefixOf(rule: Rule, voice: Voice): string | undefined {
  if (!pulls(rule.actions)) return undefined
  if (dependsOnName(rule)) return rule.name.start
  const plain = valuesFor(voice, 'repository', undefined)
  const values = rule.captures === undefined ? plain : rule.captures(plain)
  if (values === undefined) return undefined
  if (rule.type.matches('repository', values, voice.labels) === false) return undefined
  return addresses(rule, voice, values) === false ? undefined : rule.name.prefix(values)
}

/** Whether the rest of a rule can only be judged when there is a name. */
function dependsOnName(rule: Rule): boolean {
  const { type, account, namespace, serviceaccount, service, labels = [] } = rule
  const asked = [type, account, namespace, serviceaccount, service]
  const patterns = [...asked, ...labels.map(({ pattern }) => pattern)]
  return patterns.some((pattern) =>
    placeholdersIn(pattern?.source ?? '').some((placeholder) => /\bname\b/i.test(placeholder)),
  )
}

function pulls(actions: readonly string[]): boolean {
  return actions.includes('pull') || actions.includes('*')
}
