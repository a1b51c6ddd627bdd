import { RauthError } from '../errors.ts'
import { visible } from '../printable.ts'

/** One mistake: where it is and what to do about it. */
export interface ConfigProblem {
  /** `rauth.yaml:12:5`, or the environment variable. */
  readonly where: string
  readonly message: string
}

/** Mistakes that are told at once. */
const MAX_PROBLEMS = 100

/** The first of them, and how many more there are. */
export function boundedProblems(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  const more = problems.length - MAX_PROBLEMS
  const last = problems[MAX_PROBLEMS - 1]
  if (more <= 0 || last === undefined) return problems
  return [
    ...problems.slice(0, MAX_PROBLEMS),
    { where: last.where, message: `${more} more mistakes follow` },
  ]
}

/** All of them, each on a line of its own, with what else there is to say. */
export function problemsError(
  problems: readonly ConfigProblem[],
  more: readonly string[] = [],
): RauthError {
  const lines = problems.map(({ where, message }) => visible(`${where}: ${message}`))
  return new RauthError('ERR_CONFIG_INVALID', [...lines, ...more].join('\n'))
}
