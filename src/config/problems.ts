import { RauthError } from '../errors.ts'

/** One mistake: where it is and what to do about it. */
export interface ConfigProblem {
  /** `rauth.yaml:12:5`, or the environment variable. */
  readonly where: string
  readonly message: string
}

/** All of them, each on a line of its own, with what else there is to say. */
export function problemsError(
  problems: readonly ConfigProblem[],
  more: readonly string[] = [],
): RauthError {
  const lines = problems.map(({ where, message }) => `${where}: ${message}`)
  return new RauthError('ERR_CONFIG_INVALID', [...lines, ...more].join('\n'))
}
