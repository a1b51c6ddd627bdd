import { Command, InvalidArgumentError } from 'commander'
import { hashPassword } from '../adapters/bcrypt/hash.ts'
import { MAX_BCRYPT_PASSWORD, MAX_COST, MIN_COST } from '../credentials/bcrypt-hash.ts'
import type { Redacted } from '../redacted.ts'
import { readPassword } from './asking/secret-input.ts'
import { usage } from './asking/usage.ts'

/** What htpasswd takes nowadays: some tens of milliseconds for each new password. */
const USUAL_COST = 10

export function hashCommand(): Command {
  return new Command('hash')
    .description('Print the bcrypt hash of a password on stdin, for passwordHash or a users file.')
    .option(
      '--cost <cost>',
      `${MIN_COST} to ${MAX_COST}; one more doubles the time`,
      parseCost,
      USUAL_COST,
    )
    .addHelpText('after', '\nExample:\n  openssl rand -base64 24 | tee password | rauth hash')
    .exitOverride()
    .action(async ({ cost }: { readonly cost: number }) => {
      process.stdout.write(`${await hashOf(await readPassword(), cost)}\n`)
    })
}

/** Throws ERR_USAGE for what bcrypt would not look at whole. */
export async function hashOf(password: Redacted<string>, cost = USUAL_COST): Promise<string> {
  const length = Buffer.byteLength(password.reveal())
  if (length > MAX_BCRYPT_PASSWORD) {
    throw usage(
      `the password has ${length} bytes, and bcrypt looks at ${MAX_BCRYPT_PASSWORD} only: take a shorter one`,
    )
  }
  return hashPassword(password, cost)
}

function parseCost(text: string): number {
  const cost = Number(text)
  if (Number.isInteger(cost) && cost >= MIN_COST && cost <= MAX_COST) return cost
  throw new InvalidArgumentError(`a cost is a whole number from ${MIN_COST} to ${MAX_COST}`)
}
