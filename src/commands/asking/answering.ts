import { RauthError } from '../../errors.ts'

/**
 * Runs a command whose exit code 1 is a "no". What keeps it from an answer, such as a policy that can't be used,
 * becomes ERR_UNANSWERED: a script must not take a slip for a denial.
 */
export async function answering(run: () => Promise<void>): Promise<void> {
  try {
    await run()
  } catch (error) {
    const isOther = !(error instanceof RauthError) || OTHERS.has(error.code)
    throw isOther ? error : new RauthError('ERR_UNANSWERED', error.message, { cause: error })
  }
}

/** They have exit codes of their own. */
const OTHERS: ReadonlySet<string> = new Set(['ERR_USAGE', 'ERR_UNREACHABLE'])
