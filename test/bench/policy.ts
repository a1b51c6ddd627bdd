import { compileRule } from '../../src/policy/compile-rule.ts'
import { grant } from '../../src/policy/grant.ts'
import { compilePattern } from '../../src/policy/pattern.ts'
import { createPolicy, type Policy } from '../../src/policy/policy.ts'
import type { Rule } from '../../src/policy/rule.ts'
import type { Access } from '../../src/registry/access.ts'
import { askerOf } from '../support/askers.ts'
import { spread } from './statistics.ts'

const RULES = 1_000
const ROUNDS = 5
const MILLISECONDS = 400

interface Question {
  readonly namespace: string
  readonly account?: string
  readonly name: string
  /** What it is allowed to do of pull and push. */
  readonly actions: readonly string[]
}

interface Contestant {
  readonly name: string
  readonly policy: Policy
  readonly questions: readonly Question[]
}

const team = (i: number) => `team-${String(i)}`
const numbers = Array.from({ length: RULES }, (_, i) => i)

function rule(i: number, parts: { readonly name: string; readonly namespace?: string }): Rule {
  const { name, namespace } = parts
  return {
    ...{ id: `policy.yaml:${String(i)}`, actions: ['pull'] },
    ...{ type: compilePattern('repository'), name: compilePattern(name) },
    ...(namespace === undefined ? {} : { namespace: compilePattern(namespace) }),
  }
}

/** A question for every rule, and as many that none matches. */
function questionsOf(nameOf: (i: number) => string): readonly Question[] {
  return numbers.flatMap((i) => [
    { namespace: team(i), name: nameOf(i), actions: ['pull'] },
    { namespace: team(i), name: `other/${nameOf(i)}/x`, actions: [] },
  ])
}

const CONTESTANTS: readonly Contestant[] = [
  {
    name: 'prefixes team-N/**',
    policy: createPolicy(numbers.map((i) => rule(i, { name: `${team(i)}/**` }))),
    questions: questionsOf((i) => `${team(i)}/app/web`),
  },
  {
    name: 'below one prefix, mirror/team-N/*/base',
    policy: createPolicy(numbers.map((i) => rule(i, { name: `mirror/${team(i)}/*/base` }))),
    questions: questionsOf((i) => `mirror/${team(i)}/app/base`),
  },
  {
    name: 'namespaces, shared/*/** for team-N',
    policy: createPolicy(numbers.map((i) => rule(i, { name: 'shared/*/**', namespace: team(i) }))),
    questions: questionsOf(() => 'shared/app/web'),
  },
  {
    name: 'one part behind the first, */team-N/**',
    policy: createPolicy(numbers.map((i) => rule(i, { name: `*/${team(i)}/**` }))),
    questions: questionsOf((i) => `x/${team(i)}/app`),
  },
  {
    name: 'nothing plain to find them by, *-team-N-*/**',
    policy: createPolicy(numbers.map((i) => rule(i, { name: `*-${team(i)}-*/**` }))),
    questions: questionsOf((i) => `x-${team(i)}-y/app`),
  },
  {
    name: 'a group of each expression, users/${account:1}/** for /^(.+)@orgN$/',
    policy: createPolicy(
      numbers.map((i) =>
        compileRule({
          ...{ id: `policy.yaml:${String(i)}`, actions: ['pull'] },
          match: { account: `/^(.+)@org${String(i)}$/`, name: 'users/${account:1}/**' },
        }),
      ),
    ),
    questions: questionsOf(() => 'users/a/app').map((question, at) => ({
      ...question,
      account: `a@org${String(Math.floor(at / 2))}`,
    })),
  },
]

const requested = (name: string): Access => [
  { type: 'repository', name, actions: ['pull', 'push'] },
]

/** One decision of a thousand rules, as the token service and the gateway make them; on one core. */
export function benchPolicy(): Promise<readonly string[]> {
  const lines = CONTESTANTS.map(({ name, policy, questions }) => {
    const asked = questions.map(
      ({ namespace, account = namespace, name: repository, actions }) => ({
        ...{
          asker: { ...askerOf([{ namespace }]), account },
          access: requested(repository),
          actions,
        },
      }),
    )
    for (const { asker, access, actions } of asked) {
      const granted = grant(policy, asker, access).access.flatMap((one) => one.actions)
      if (granted.join() !== actions.join()) throw new Error(`${name}: a wrong decision`)
    }
    const micros: number[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      let made = 0
      const until = performance.now() + MILLISECONDS
      const started = process.cpuUsage()
      while (performance.now() < until) {
        for (const { asker, access } of asked) grant(policy, asker, access)
        made += asked.length
      }
      const { user, system } = process.cpuUsage(started)
      micros.push((user + system) / made)
    }
    return `${name}: µs of CPU a decision ${spread(micros, 2)}`
  })
  return Promise.resolve([`${String(RULES)} rules`, ...lines])
}
