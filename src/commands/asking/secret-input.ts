import { text } from 'node:stream/consumers'
import { Redacted } from '../../redacted.ts'
import { usage } from './usage.ts'

/** Where a password may be, since what stands on a command line everybody can read. */
export const PASSWORD_VARIABLE = 'REGISTRY_PASSWORD'

/** The password on stdin, without the end of its line. ERR_USAGE if there is none. */
export async function readPassword(): Promise<Redacted<string>> {
  if (process.stdin.isTTY) process.stderr.write('password, then Enter and Ctrl-D (it shows): ')
  const password = (await text(process.stdin)).replace(/\r?\n$/, '')
  if (password === '') throw usage('no password on stdin: printf %s PASSWORD | rauth …')
  return new Redacted(password)
}
