import { addresses, voiceOf, type Asker } from './asker.ts'
import { parseAddress } from './network.ts'
import type { Policy } from './policy.ts'

/**
 * Texts of which one begins every repository that this asker may pull, sorted; perhaps more than that.
 * The empty text is the beginning of all.
 */
export function reachOf(policy: Policy, asker: Asker): readonly string[] {
  const { holders, address: text } = asker
  const address = text === undefined ? undefined : parseAddress(text)
  const namespaces = new Set(holders.map(({ namespace }) => namespace))
  const voices = (namespaces.size === 0 ? [undefined] : [...namespaces]).map((namespace) =>
    voiceOf(asker, namespace, address),
  )
  const prefixes = voices.flatMap((voice) =>
    policy.rules
      .filter(
        (rule) =>
          pulls(rule.actions) &&
          rule.type.matches('repository', voice.values) &&
          addresses(rule, voice) !== 'no',
      )
      .flatMap(({ name }) => name.prefix(voice.values) ?? []),
  )
  const reach: string[] = []
  // Sorted, those that go on from another stand right behind it.
  for (const prefix of prefixes.sort()) {
    const last = reach.at(-1)
    if (last === undefined || !prefix.startsWith(last)) reach.push(prefix)
  }
  return reach
}

function pulls(actions: readonly string[]): boolean {
  return actions.includes('pull') || actions.includes('*')
}
