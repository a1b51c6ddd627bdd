import path from 'node:path'
import { createPolicy, type Policy } from '../policy/policy.ts'
import { readDocument, type Place } from './document.ts'
import { mistakesOf } from './mistakes.ts'
import { policySchema, ruleOf, shadowOf } from './policy-schema.ts'
import { problemsError, type ConfigProblem } from './problems.ts'
import { keysAt } from './settings.ts'

/** Mistakes that are told at once. */
const MAX_PROBLEMS = 100

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
  const at = ({ line, column }: Place) => `${fileName}:${line}:${column}`
  const read = readDocument(source)
  if (read.problems !== undefined) {
    return bounded(read.problems.map(({ place, message }) => ({ where: at(place), message })))
  }
  const { document } = read
  const parsed = policySchema.safeParse(document.values, { reportInput: true })
  if (parsed.data === undefined) {
    const found = parsed.error.issues
      .flatMap((issue) => mistakesOf(issue, (place) => keysAt(place, policySchema)))
      .map(({ path: key, message }) => ({ place: document.locate(key), message }))
      .sort((a, b) => a.place.line - b.place.line || a.place.column - b.place.column)
    return bounded(found.map(({ place, message }) => ({ where: at(place), message })))
  }
  const { anonymous, rules, shadow } = parsed.data
  const idAt = (key: string, index: number) =>
    `${path.basename(fileName)}:${document.locate([key, index]).line}`
  const policy = createPolicy(
    rules.map((one, index) => ruleOf(one, idAt('rules', index), anonymous)),
    shadow.map((one, index) => shadowOf(one, idAt('shadow', index))),
  )
  return { policy }
}

/** The policy of a text. Throws a RauthError that lists each mistake with its place. */
export function policyOf(source: string, fileName: string): Policy {
  const parsed = parsePolicy(source, fileName)
  if (parsed.problems !== undefined) throw problemsError(parsed.problems)
  return parsed.policy
}

function bounded(problems: readonly ConfigProblem[]): {
  readonly problems: readonly ConfigProblem[]
} {
  const more = problems.length - MAX_PROBLEMS
  const last = problems[MAX_PROBLEMS - 1]
  if (more <= 0 || last === undefined) return { problems }
  return {
    problems: [
      ...problems.slice(0, MAX_PROBLEMS),
      { where: last.where, message: `${more} more mistakes follow` },
    ],
  }
}
