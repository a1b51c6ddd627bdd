import { RauthError } from '../../errors.ts'
import { readOffline, type Offline, type OfflineOptions } from './offline.ts'

/**
 * The same as {@link readOffline}, of which a yes or a no can be made: ERR_UNANSWERED where the credentials can't be
 * read, since who can't log in can do nothing. By a policy that is named somebody is asked about who is made up.
 */
export async function readAnswerable(options: OfflineOptions, tokensAt?: number): Promise<Offline> {
  const offline = await readOffline(options, tokensAt)
  const { unread } = offline
  if (unread === undefined || options.policy !== undefined) return offline
  throw new RauthError(
    'ERR_UNANSWERED',
    `no answer: nobody can tell here who can log in, and who can't may do nothing: ${unread}\n` +
      'next: make them readable, or ask where rauth runs; what a policy says of somebody who could log in: --policy FILE',
  )
}
