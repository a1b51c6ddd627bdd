import { CATALOG_ACCESS } from '../registry/routes.ts'
import { compilePattern } from './pattern.ts'
import { labelsIn } from './placeholders.ts'
import { indexRules, type RuleIndex } from './rule-index.ts'
import type { Rule } from './rule.ts'

/** Ordered rules; what no rule matches is denied. Immutable: a reload makes a new one. */
export interface Policy {
  readonly rules: readonly Rule[]
  /** Of the text that it was made of: two do not have the same by accident. */
  readonly version?: string
  readonly index: RuleIndex
  /** Whether any rule asks where the client is. */
  readonly locates: boolean
  /** Labels that any rule asks for: of no other does it matter what it holds. */
  readonly labels: readonly string[]
  /** Whether any rule has tags that are written once only. */
  readonly writesOnce: boolean
  /** What certain namespaces may do although no rule allows it; it is told each time. */
  readonly shadows: readonly Rule[]
  /** Whether whoever has no credentials is asked about where no rule is about it. */
  readonly anonymous: boolean
}

export function createPolicy(
  rules: readonly Rule[],
  shadows: readonly Rule[] = [],
  { anonymous = false }: Partial<Pick<Policy, 'anonymous'>> = {},
): Policy {
  const locates = [...rules, ...shadows].some(({ network }) => network !== undefined)
  const labels = [...new Set([...rules, ...shadows].flatMap(labelsOf))].sort()
  const writesOnce = rules.some(({ immutable = [] }) => immutable.length > 0)
  return { rules, index: indexRules(rules), locates, labels, writesOnce, shadows, anonymous }
}

function labelsOf(rule: Rule): readonly string[] {
  const { type, name, account, namespace, serviceaccount, service, labels = [] } = rule
  const patterns = [type, name, account, namespace, serviceaccount, service]
  const named = patterns.flatMap((pattern) => labelsIn(pattern?.source ?? ''))
  return [...named, ...labels.map(({ label }) => label)]
}

export interface ReadAccess {
  /** Patterns of repositories that everyone may pull, also without credentials. */
  readonly public: readonly string[]
  /** Patterns of repositories that every namespace may pull. */
  readonly shared: readonly string[]
}

export interface NamespacePolicyOptions extends ReadAccess {
  /** Namespaces that may list every repository: its name, and nothing of what is in it. */
  readonly administrators?: readonly string[]
}

/**
 * The policy without a policy file: a namespace may do everything below its own name, and others may
 * pull what is shared or public. The owner's rule comes first, so sharing takes nothing from it.
 */
export function namespacePolicy(options: NamespacePolicyOptions): Policy {
  const { public: everyone, shared, administrators = [] } = options
  return createPolicy([
    ...OWN_NAMESPACE.rules,
    ...administrators.map(catalogRule),
    ...shared.map((pattern) => pullRule(`shared ${pattern}`, pattern, false)),
    ...everyone.map((pattern) => pullRule(`public ${pattern}`, pattern, true)),
  ])
}

/** The whole catalog, for one namespace. */
function catalogRule(administrator: string): Rule {
  const { type, name, actions } = CATALOG_ACCESS
  return {
    id: `administrator ${administrator}`,
    type: compilePattern(type),
    name: compilePattern(name),
    namespace: compilePattern(administrator),
    actions,
  }
}

function pullRule(id: string, pattern: string, anonymous: boolean): Rule {
  const [type, name] = [compilePattern('repository'), compilePattern(pattern)]
  return { id, type, name, actions: ['pull'], anonymous }
}

/** A namespace may do everything below its own name, its ServiceAccounts pull there, and nobody else anything. */
export const OWN_NAMESPACE: Policy = createPolicy([
  {
    id: 'own-namespace',
    type: compilePattern('repository'),
    name: compilePattern('${namespace}/**'),
    actions: ['*'],
  },
])
