import { parseSaidLabels } from '../../credentials/said-labels.ts'
import type { IdentitySource } from '../../credentials/source.ts'
import { vouchedSubject } from '../../credentials/vouchers.ts'
import type { CredentialReference } from '../../subject.ts'
import { loginShare } from '../login-share.ts'
import type { Command } from './command.ts'

/**
 * Asks a command as docker_auth asks its `ext_auth`: user name, a space and the password on its standard
 * input, without an end of line. Exit code 0 is yes, with the labels that it prints; 1 no; 2 not mine; any
 * other an error. Nothing of it is in its arguments or its environment.
 */
export function createIdentityCommand(
  command: Command,
  reference: CredentialReference,
): IdentitySource {
  return {
    name: 'command',
    async ask(login) {
      const { username, password } = login
      // Where the name ends could not be told: `a b` with `c` would be `a` with `b c`.
      if (username.includes(' ')) return { kind: 'not-mine', detail: 'user name with a space' }
      const outcome = await command(`${username} ${password.reveal()}`, loginShare(login))
      if (outcome.kind === 'failure') return { kind: 'error', detail: outcome.detail }
      switch (outcome.code) {
        case 0: {
          const labels = parseSaidLabels(outcome.stdout)
          if (labels === undefined) {
            return { kind: 'error', detail: 'what the command printed is not {"labels": {…}}' }
          }
          return { kind: 'yes', subject: vouchedSubject(username, reference, { labels }) }
        }
        case 1:
          return { kind: 'no', detail: 'the command denies' }
        case 2:
          return { kind: 'not-mine', detail: 'the command does not know' }
        default:
          return { kind: 'error', detail: `the command exited with ${outcome.code}` }
      }
    },
  }
}
