import { compilePattern, type Pattern } from './pattern.ts'

/** One rule. Every part of the match must hold; the first rule of a policy that matches decides. */
export interface Rule {
  /** Stable name for logs and explanations. */
  readonly id: string
  /** Type of the resource, such as `repository`. */
  readonly type: Pattern
  /** Name of the resource. */
  readonly name: Pattern
  /** Exactly `['*']` allows every action that is asked for. */
  readonly actions: readonly string[]
  /** Also for those who are no namespace: without credentials a rule that does not say so is none. */
  readonly anonymous?: boolean
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

/**
 * The policy without a policy file: a namespace may do everything below its own name, and others may
 * pull what is shared or public. The owner's rule comes first, so sharing takes nothing from it.
 */
export function namespacePolicy({ public: everyone, shared }: ReadAccess): Policy {
  return {
    rules: [
      ...OWN_NAMESPACE.rules,
      ...shared.map((pattern) => pullRule(`shared ${pattern}`, pattern, false)),
      ...everyone.map((pattern) => pullRule(`public ${pattern}`, pattern, true)),
    ],
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
