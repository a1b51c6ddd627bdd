import type { Clock } from '../clock.ts'
import { accepted, refused, type Result } from '../refusal.ts'
import type { Subject } from '../subject.ts'
import type { BasicCredentials } from './basic-auth.ts'
import type { BcryptChecks, BcryptCredential, PresentedPassword, Verdict } from './bcrypt-checks.ts'
import type { Credential, CredentialStore } from './credential.ts'
import { subjectOf } from './holder.ts'
import { isLive, liveCredentials } from './live.ts'
import { samePassword, type PasswordHasher } from './password.ts'

export interface AuthenticatorDependencies {
  readonly store: Pick<CredentialStore, 'byUsername' | 'find' | 'bcryptCost'>
  /** The one that hashed the passwords of the store. */
  readonly hasher: PasswordHasher
  readonly bcrypt: BcryptChecks
  readonly clock: Clock
}

export type Authenticate = (basic: BasicCredentials) => Promise<Result<Subject>>

/**
 * bcrypt hashes of one user name that a login is compared with: whoever writes Secrets with the user
 * names of others must not make their logins slow.
 */
const MAX_COMPARED = 8

/**
 * Who presents these credentials. One user name may live in several namespaces, and have several
 * passwords in each: the password decides, and a subject holds every credential that it fits.
 *
 * An unknown user name and a wrong password get the same refusal at the same cost: one hash and at
 * least one comparison, with a stand-in where there is nothing to compare with. Where a namespace has
 * bcrypt hashes that cost has a comparison with bcrypt in it. A password that is right without bcrypt
 * does not wait for that: it then holds no credential that bcrypt would have to find.
 */
export function createAuthenticator(deps: AuthenticatorDependencies): Authenticate {
  const { store, hasher, bcrypt, clock } = deps
  async function matchBcrypt(
    username: string,
    candidates: readonly Credential[],
    presented: PresentedPassword,
  ): Promise<{ readonly matched: readonly Credential[]; readonly verdicts: readonly Verdict[] }> {
    const compared = ownFirst(username, candidates.filter(isBcrypt)).slice(0, MAX_COMPARED)
    const cost = store.bcryptCost()
    const verdicts: readonly Verdict[] =
      compared.length > 0
        ? await Promise.all(compared.map((one) => bcrypt.check(one, presented)))
        : cost === undefined
          ? []
          : [await bcrypt.standIn(username, cost, presented)]
    if (verdicts.includes('match')) {
      const others = compared.filter((_, i) => verdicts[i] === 'mismatch')
      for (const one of others) bcrypt.rememberMismatch(one, presented)
    }
    // Meanwhile the Secret may have changed, or its time may have come to an end.
    const matched = liveCredentials(
      store,
      compared.filter((_, i) => verdicts[i] === 'match'),
      clock(),
    )
    return { matched, verdicts }
  }

  return async ({ username, password }) => {
    const presented = { password, keyed: hasher.hash(password.reveal()) }
    const now = clock()
    const known = store.byUsername(username).filter((one) => isLive(one, now))
    const quick = matchKeyed(known, presented.keyed)
    if (quick.length > 0) return accepted(subjectOf(username, quick))
    const { matched, verdicts } = await matchBcrypt(username, known, presented)
    if (matched.length > 0) return accepted(subjectOf(username, matched))
    if (verdicts.includes('busy')) {
      return refused('passwords_busy', { guessed: verdicts.includes('mismatch') })
    }
    return refused('credentials_invalid', { detail: whatWasWrong(known) })
  }
}

/** Of nobody, for what would else take less time: there is nothing that its hash is of. */
const STAND_IN: Credential = {
  ...{ id: '', generation: '', namespace: '', username: '' },
  secret: { kind: 'keyed', hash: Buffer.alloc(32) },
}

/** Compares at least once. */
function matchKeyed(candidates: readonly Credential[], keyed: Buffer): readonly Credential[] {
  const comparable = candidates.filter(({ secret }) => secret.kind === 'keyed')
  return orStandIn(comparable).filter(
    (one) =>
      one.secret.kind === 'keyed' && samePassword(one.secret.hash, keyed) && one !== STAND_IN,
  )
}

function orStandIn(credentials: readonly Credential[]): readonly Credential[] {
  return credentials.length > 0 ? credentials : [STAND_IN]
}

function isBcrypt(credential: Credential): credential is BcryptCredential {
  return credential.secret.kind === 'bcrypt'
}

/** A user name usually is that of its namespace, which must not be crowded out by others. */
function ownFirst<T extends Credential>(username: string, credentials: readonly T[]): readonly T[] {
  const isOwn = ({ namespace }: T) => namespace === username
  return [...credentials.filter(isOwn), ...credentials.filter((one) => !isOwn(one))]
}

/** For the log: which of the two it was, and never the name, which may be a mistyped password. */
function whatWasWrong(candidates: readonly Credential[]): string {
  const whose = [...new Set(orStandIn(candidates).map(({ namespace }) => namespace))].join(', ')
  const left = candidates.filter(isBcrypt).length - MAX_COMPARED
  const more = left > 0 ? `; too many bcrypt hashes of one user name, not compared: ${left}` : ''
  return candidates.length === 0 ? 'unknown user name' : `wrong password for ${whose}${more}`
}
