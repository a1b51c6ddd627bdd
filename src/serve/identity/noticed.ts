import { createRecentFailure } from '../../adapters/recent-failure.ts'
import type { IdentitySource } from '../../credentials/source.ts'
import type { OpenSource } from './open-source.ts'

/** The same source, and what it failed of when it was last asked, if that was within the last minute. */
export function noticed(
  source: IdentitySource,
  timer: () => number,
): Required<Pick<OpenSource, 'source' | 'problem'>> {
  const failure = createRecentFailure(timer)
  return {
    source: {
      ...source,
      async ask(login) {
        const answer = await source.ask(login)
        if (answer.kind === 'error') failure.failed(answer.detail)
        else if (answer.kind !== 'busy') failure.answered()
        return answer
      },
    },
    problem: failure.problem,
  }
}
