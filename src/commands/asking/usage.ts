import { RauthError } from '../../errors.ts'

/** What is wrong with how a command was called: exit 2. */
export function usage(message: string): RauthError {
  return new RauthError('ERR_USAGE', `error: ${message}`)
}
