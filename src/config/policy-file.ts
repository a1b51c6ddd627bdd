import path from 'node:path'
import { createPolicy, type Policy } from '../policy/policy.ts'
import { readFileAs } from './document-file.ts'
import { policySchema, ruleOf, shadowOf } from './policy-schema.ts'
import { problemsError, type ConfigProblem } from './problems.ts'

/**
 * The text of a policy file → the policy; or all problems at once, each with its place and in the order
 * of the text. A rule is known by file and line.
 */
export function parsePolicy(
  source: string,
  fileName: string,
):
  | { readonly policy: Policy; readonly problems?: never }
  | { readonly problems: readonly ConfigProblem[] } {
  const read = readFileAs(policySchema, source, fileName, 'rules')
  if (read.problems !== undefined) {
    const server = read.problems.find(({ message }) => message.startsWith('unknown key "server"'))
    if (server === undefined) return read
    const message = 'this is a configuration of docker_auth; next: set policy.format to docker_auth'
    return { problems: [{ where: server.where, message }] }
  }
  const { data, document } = read
  const { anonymous, rules, shadow } = data
  const idAt = (key: string, index: number) =>
    `${path.basename(fileName)}:${document.locate([key, index]).line}`
  const policy = createPolicy(
    rules.map((one, index) => ruleOf(one, idAt('rules', index), anonymous)),
    shadow.map((one, index) => shadowOf(one, idAt('shadow', index))),
    { anonymous },
  )
  return { policy }
}

/** The policy of a text. Throws a RauthError that lists each mistake with its place. */
export function policyOf(source: string, fileName: string): Policy {
  const parsed = parsePolicy(source, fileName)
  if (parsed.problems !== undefined) throw problemsError(parsed.problems)
  return parsed.policy
}
