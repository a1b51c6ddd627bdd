import type { SecretValues } from './secrets.ts'

const LOGIN = { username: 'team-c', password: 'canary' }

/** Secrets that are of no use, and what the log says of each. */
export const ODD_SECRETS: readonly (readonly [what: string, values: SecretValues, told: RegExp])[] =
  [
    ['without a user name', { password: 'canary' }, /username is missing/],
    ['without a password', { username: 'team-c' }, /password is missing/],
    ['that is empty', {}, /username is missing/],
    ['of 1 MiB', { ...LOGIN, more: 'c'.repeat(1_000_000) }, /larger than 32768 bytes/],
    ['of bytes that are no text', { ...LOGIN, password: Buffer.from([0xff, 0xfe]) }, /not UTF-8/],
    [
      'of 1,000 entries',
      { entries: JSON.stringify(Array.from({ length: 1_000 }, () => ({}))) },
      /more than 64/,
    ],
    ['of 1,000 keys', { ...LOGIN, ...manyKeys(1_000) }, /more than 128 keys/],
  ]

function manyKeys(count: number): Readonly<Record<string, string>> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`key-${i}`, 'x']))
}
