import type { Clock } from '../clock.ts'
import type { BcryptChecks, BcryptCredential, PresentedPassword, Verdict } from './bcrypt-checks.ts'
import type { LoginTrouble } from '../login-cause.ts'
import { unusableIn, type Credential, type CredentialStore } from './credential.ts'
import { subjectOf } from './holder.ts'
import { isLive, liveCredentials } from './live.ts'
import { outOfTime, passwordEnded } from './out-of-time.ts'
import { samePassword, type PasswordHasher } from './password.ts'
import type { Answer, IdentitySource, Silence } from './source.ts'
import { standingOf } from './standing.ts'

export interface StoredPasswordsDependencies {
  readonly store: Pick<CredentialStore, 'byUsername' | 'find' | 'bcryptCost' | 'unusable'>
  /** The one that hashed the passwords of the store. */
  readonly hasher: PasswordHasher
  readonly bcrypt: BcryptChecks
  readonly clock: Clock
}

export interface StoredPasswordsOptions {
  readonly name: string
  /**
   * Whether a wrong password for a user name that is known here is a no. Not where others may give the
   * name to a credential of theirs, as with Secrets: they would keep its owner from every other source.
   */
  readonly owns: boolean
}

/**
 * bcrypt hashes of one user name that a login is compared with: whoever writes Secrets with the user
 * names of others must not make their logins slow.
 */
const MAX_COMPARED = 8

/**
 * The passwords of a store. One user name may live in several namespaces, and have several passwords in
 * each: the password decides, and a subject holds every credential that it fits.
 *
 * An unknown user name and a wrong password cost the same: one hash and at least one comparison, with a
 * stand-in where there is nothing to compare with. Where the store has bcrypt hashes that cost has a
 * comparison with bcrypt in it, for a stranger at the end of the login. A password that is right without
 * bcrypt does not wait for that: it then holds no credential that bcrypt would have to find. Nor is a token
 * compared with bcrypt, of whomever: it is longer than what bcrypt tells apart, and many are refused at no cost.
 */
export function createStoredPasswords(
  deps: StoredPasswordsDependencies,
  { name, owns }: StoredPasswordsOptions,
): IdentitySource {
  const { store, hasher, bcrypt, clock } = deps
  /** Of those that ended: their words take long to make, and the time would tell of each such password. */
  const ends = new WeakMap<Credential, LoginTrouble>()

  function endOf(credential: Credential): LoginTrouble {
    const known = ends.get(credential) ?? passwordEnded(credential)
    ends.set(credential, known)
    return known
  }

  /** The one that is presented, if it has ended; looked up of another where it has not, as that takes as long. */
  function endedAmong(
    named: readonly Credential[],
    matched: readonly Credential[],
    now: number,
  ): LoginTrouble | undefined {
    const hasEnded = (one: Credential) => standingOf(one, now) === 'ended'
    const found = matched.find(hasEnded)
    const looked = found ?? named.find(hasEnded)
    const told = looked === undefined ? undefined : endOf(looked)
    return found === undefined ? undefined : told
  }

  async function compare(
    compared: readonly BcryptCredential[],
    presented: PresentedPassword,
  ): Promise<{ readonly matched: readonly Credential[]; readonly verdicts: readonly Verdict[] }> {
    const verdicts = await Promise.all(compared.map((one) => bcrypt.check(one, presented)))
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

  /** In place of what was not compared. */
  function standIn(username: string, presented: PresentedPassword): Pick<Silence, 'spend'> {
    const cost = store.bcryptCost()
    if (cost === undefined) return {}
    const who = `${name}:${username}`
    return { spend: async () => (await bcrypt.standIn(who, cost, presented)) !== 'busy' }
  }

  async function ask(
    username: string,
    presented: PresentedPassword,
    isToken: boolean,
  ): Promise<Answer> {
    const now = clock()
    const named = store.byUsername(username)
    const known = named.filter((one) => isLive(one, now))
    const matched = matchKeyed(named, presented.keyed)
    const quick = matched.filter((one) => isLive(one, now))
    if (quick.length > 0) return { kind: 'yes', subject: subjectOf(username, quick) }
    const kind = owns && known.length > 0 ? 'no' : 'not-mine'
    // User names are those of namespaces, as a rule. Asked of each that is refused, known or not.
    const unusable = unusableIn(store, username)
    const isOver = known.length === 0 && named.length > 0
    // Put in words for anybody: it would else take longer where there is something to tell.
    const over = outOfTime(isOver ? named : [STAND_IN], now)
    const { cause, words } = whatWasWrong(
      known,
      name,
      isOver ? (unusable ?? over) : (endedAmong(named, matched, now) ?? unusable),
    )
    const silence = { kind, detail: words, cause, guessed: known.length > 0 } as const
    if (isToken) return silence
    const hashes = inTurn(username, known.filter(isBcrypt)).slice(0, MAX_COMPARED)
    if (hashes.length === 0) return { ...silence, ...standIn(username, presented) }
    const { matched: slow, verdicts } = await compare(hashes, presented)
    if (slow.length > 0) return { kind: 'yes', subject: subjectOf(username, slow) }
    if (verdicts.includes('busy')) return { kind: 'busy', guessed: verdicts.includes('mismatch') }
    return silence
  }

  return {
    ...{ name, hides: true },
    ask: ({ username, password, isToken = false }) =>
      ask(username, { password, keyed: hasher.hash(password.reveal()) }, isToken),
  }
}

/** Of nobody, for what would else take less time: there is nothing that its hash is of. */
const STAND_IN: Credential = {
  ...{ id: '', generation: '', namespace: '', username: '', notAfter: 0 },
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

/**
 * Those of the namespace called so first, as user names usually are; then one of each namespace before a
 * second of any. So none is crowded out by the many hashes of a few others.
 */
function inTurn<T extends Credential>(username: string, credentials: readonly T[]): readonly T[] {
  const taken = new Map<string, number>()
  const ranked = credentials.map((credential) => {
    const { namespace = credential.id } = credential
    const rank = namespace === username ? -1 : (taken.get(namespace) ?? 0)
    taken.set(namespace, rank + 1)
    return { credential, rank }
  })
  return ranked.sort((a, b) => a.rank - b.rank).map(({ credential }) => credential)
}

/** Its Secret may be there. */
const UNKNOWN_TO_SECRETS = 'unknown user name: no Secret that can be used has it'

/**
 * For the log: which of the two it was, and never the name, which may be a mistyped password, but where a namespace
 * is called so.
 */
function whatWasWrong(
  candidates: readonly Credential[],
  source: string,
  trouble: LoginTrouble | undefined,
): LoginTrouble {
  // Put together of nobody, too: what is told of a known name would else take longer.
  const whose = [
    ...new Set(orStandIn(candidates).map(({ namespace, id }) => namespace ?? id)),
  ].join(', ')
  const left = candidates.filter(isBcrypt).length - MAX_COMPARED
  const more = left > 0 ? `; too many bcrypt hashes of one user name, not compared: ${left}` : ''
  const isWrong = `wrong password for ${whose}${more}${trouble === undefined ? '' : `; ${trouble.words}`}`
  if (candidates.length > 0) return { cause: trouble?.cause ?? 'password_wrong', words: isWrong }
  if (trouble !== undefined) {
    return { cause: trouble.cause, words: `unknown user name: ${trouble.words}` }
  }
  const words = source === 'secrets' ? UNKNOWN_TO_SECRETS : 'unknown user name'
  return { cause: 'username_unknown', words }
}
