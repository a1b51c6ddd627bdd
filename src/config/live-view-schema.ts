import { z } from 'zod'
import { Redacted } from '../redacted.ts'
import { file } from './values.ts'

/** Shortest token: whoever reaches the port may try one after the other. */
export const SHORTEST_TOKEN = 20

/** What can stand in an Authorization header, RFC 6750 §2.1 and more. */
export const LIVE_VIEW_TOKEN = new RegExp(`^[\\x21-\\x7e]{${SHORTEST_TOKEN},512}$`)

/** What a token is, for whoever has another one. */
export const TOKEN_WORDS = `must be ${SHORTEST_TOKEN} to 512 characters of printable ASCII without spaces, such as openssl rand -base64 32 prints`

/** The page on which to see what rauth decides: docs/live-view.md. */
export const liveViewSchema = z
  .strictObject({
    enabled: z
      .boolean('must be true or false')
      .default(false)
      .describe('Whether it is there, at `/live/` of the operations port.'),
    tokenFile: file
      .optional()
      .describe(
        'Holds the token without which nobody sees it, such as a mounted Secret; read again for each login. Without a token it is for this machine alone: kubectl port-forward, an SSH tunnel.',
      ),
    token: z
      .string()
      .regex(LIVE_VIEW_TOKEN, TOKEN_WORDS)
      .transform((text) => new Redacted(text))
      .optional()
      .describe(
        'The token itself, where there is no `tokenFile`: a secret, so better RAUTH_LIVE_VIEW_TOKEN than the file.',
      ),
  })
  .prefault({})
  .describe('A page on the operations port that shows what rauth decides, and why.')
