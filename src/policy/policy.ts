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
}

/** Ordered rules; what no rule matches is denied. Immutable: a reload makes a new one. */
export interface Policy {
  readonly rules: readonly Rule[]
}

/** The policy without a policy file: a namespace may do everything below its own name. */
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
