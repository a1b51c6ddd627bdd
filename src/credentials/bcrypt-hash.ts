/**
 * bcrypt hashes as `htpasswd -B` and others write them: `$2y$10$`, 22 characters of salt, 31 of the
 * hash. The variants 2a, 2b and 2y are the same for every password that can be presented; 2x and 2
 * are of broken programs. Only the canonical spelling: the last characters hold bits of nothing,
 * which must be 0, and a verifier refuses every password where they are not.
 */
const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]$/

/** One step more doubles the time. Less than the first does not exist. */
export const MIN_COST = 4
/** A third of a second: every login with a wrong password may cost that. */
export const MAX_COST = 12

/** Bytes of a password that bcrypt looks at: it takes no notice of more. */
export const MAX_BCRYPT_PASSWORD = 72

/** The cost of a hash, or what is wrong with it, in words that follow "it" and quote nothing of it. */
export function readBcryptCost(hash: string): number | string {
  const digits = BCRYPT.exec(hash)?.[1]
  if (digits === undefined) {
    return 'must be one bcrypt hash and nothing else, as in $2y$10$…: make it with htpasswd -nB, without the user name'
  }
  const cost = Number(digits)
  if (cost >= MIN_COST && cost <= MAX_COST) return cost
  return (
    `is a bcrypt hash of another cost than ${MIN_COST} to ${MAX_COST}: ` +
    'make it anew, with htpasswd -nB -C 10'
  )
}

/** A hash that takes as long to compare with as any of its cost. No password that has it is known. */
export function standInHash(cost: number): string {
  return `$2b$${String(cost).padStart(2, '0')}$${'.'.repeat(53)}`
}
