import { CATALOG_ACCESS } from '../registry/routes.ts'
import { compilePattern, type Pattern } from './pattern.ts'

/** One rule. Every part of the match must hold; the first rule of a policy that matches decides. */
export interface Rule {
  /** Stable name for logs and explanations. */
  readonly id: string
  /** Type of the resource, such as `repository`. */
  readonly type: Pattern
  /** Name of the resource. */
  readonly name: Pattern
  /** The namespace that asks; without: any. */
  readonly namespace?: Pattern
  /** Exactly `['*']` allows every action that is asked for. */
  readonly actions: readonly string[]
  /** Also for those who are no namespace: without credentials a rule that does not say so is none. */
  readonly anonymous?: boolean
}

/**
 * For whom of a subject's namespaces a rule is there at all; `undefined` is nobody, who has only rules
 * that say so.
 */
export function asking(rule: Rule, namespaces: readonly string[]): readonly (string | undefined)[] {
  if (namespaces.length === 0) return rule.anonymous === true ? [undefined] : []
  const { namespace: wanted } = rule
  return wanted === undefined
    ? namespaces
    : namespaces.filter((namespace) => wanted.matches(namespace, undefined))
}

/** Ordered rules; what no rule matches is denied. Immutable: a reload makes a new one. */
export interface Policy {
  readonly rules: readonly Rule[]
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
  return {
    rules: [
      ...OWN_NAMESPACE.rules,
      ...administrators.map(catalogRule),
      ...shared.map((pattern) => pullRule(`shared ${pattern}`, pattern, false)),
      ...everyone.map((pattern) => pullRule(`public ${pattern}`, pattern, true)),
    ],
  }
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

/** A namespace may do everything below its own name, and nobody else anything. */
export const OWN_NAMESPACE: Policy = {
  rules: [
    {
      id: 'own-namespace',
      type: compilePattern('repository'),
      name: compilePattern('${namespace}/**'),
      actions: ['*'],
    },
  ],
}
