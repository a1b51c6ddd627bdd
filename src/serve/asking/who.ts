import { unusableIn, type Credential } from '../../credentials/credential.ts'
import { holderOf } from '../../credentials/holder.ts'
import { isLive } from '../../credentials/live.ts'
import { outOfTime } from '../../credentials/out-of-time.ts'
import type { Asker, Tags } from '../../policy/asker.ts'
import type { Refusal } from '../../refusal.ts'
import type { CredentialReference, Holder, Labels } from '../../subject.ts'
import { parseServiceAccount, type ServiceAccount } from '../../service-account.ts'
import type { OpenIdentity } from '../identity/identity.ts'

export interface Who {
  /** None: a user without one. */
  readonly namespace?: string
  /** None: the one that is called like the namespace. */
  readonly user?: string
  /** Where the user is one. */
  readonly serviceAccount?: ServiceAccount
}

/** Who is asked about, as somebody names it. */
export interface AskerTerms {
  /** Nobody: somebody without credentials. */
  readonly as?: Who
  readonly anonymous?: true
  readonly label: Labels
  readonly ip?: string
  /** That the request names; `any`: of a token. */
  readonly tags: Tags
  /** What the token is for; without: what the configuration says. */
  readonly service?: string
}

/** `NAMESPACE`, `NAMESPACE/USER`, `/USER` or the user name of a ServiceAccount; nothing if it is none of them. */
export function parseWho(text: string): Who | undefined {
  const serviceAccount = parseServiceAccount(text)
  if (serviceAccount !== undefined) {
    return { namespace: serviceAccount.namespace, user: text, serviceAccount }
  }
  const at = text.indexOf('/')
  const namespace = at < 0 ? text : text.slice(0, at)
  const user = at < 0 ? '' : text.slice(at + 1)
  if (namespace === '' && user === '') return undefined
  return { ...(namespace === '' ? {} : { namespace }), ...(user === '' ? {} : { user }) }
}

/** What is known here of who there is. */
export interface Known {
  readonly config: { readonly service: string }
  /** Nothing: the sources can't be read, so nobody is known, and nobody is missed. */
  readonly identity: Pick<OpenIdentity, 'lookup' | 'nobody' | 'mayVouchFor'> | undefined
  /** The question is what somebody could do, whether there is one or not. */
  readonly assumed?: boolean
}

/** Who is asked about, and what is to be said of how it was found. */
export interface Asking {
  readonly asker: Asker
  readonly namespaces: readonly string[]
  readonly credentials: readonly CredentialReference[]
  readonly notes: readonly string[]
  /** Why whoever it is can't log in, so that no rule is asked. */
  readonly shutOut?: { readonly detail: string } & Pick<Refusal, 'cause'>
}

/** Without `as` it is nobody who asks. */
export function whoAsks(terms: AskerTerms, known: Known, now: number): Asking {
  const { config, identity } = known
  const { as, ip, tags, label, service = config.service } = terms
  const rest = { service, address: ip, now, tags }
  const { user = as?.namespace, serviceAccount } = as ?? {}
  if (user === undefined) {
    const nobody = { ...identity?.nobody(), ...label }
    return { ...NOBODY, asker: { ...rest, account: '', holders: [], nobody } }
  }
  const named = identity?.lookup.byUsername(user) ?? []
  const namespace = namespaceOf(as, named)
  const found = named.filter((credential) => credential.namespace === namespace)
  const live = found.filter((credential) => isLive(credential, now))
  const assumed: Holder = {
    ...(namespace === undefined ? {} : { namespace }),
    ...(serviceAccount === undefined ? {} : { serviceaccount: serviceAccount.name }),
  }
  const holders = (live.length === 0 ? [assumed] : live.map(holderOf)).map((holder) =>
    withLabels(holder, label),
  )
  const notes = []
  if (namespace !== as?.namespace) {
    const whose = namespace === undefined ? '' : ` of namespace ${namespace}`
    notes.push(`no credential of a namespace ${user} is here: judged as the user ${user}${whose}`)
  }
  const asking = {
    asker: { ...rest, account: user, holders },
    ...{ namespaces: namespace === undefined ? [] : [namespace], credentials: live },
  }
  if (identity === undefined || live.length > 0) return { ...asking, notes }
  const mayBe = identity.mayVouchFor(serviceAccount)
  // Its credentials are in no store.
  if (serviceAccount !== undefined && mayBe) return { ...asking, notes }
  const what = namespace === undefined ? `user ${user}` : `user ${user} of namespace ${namespace}`
  const why = found.length === 0 ? 'no credential is here' : 'no credential is good at that time'
  const unusable = unusableIn(identity.lookup, namespace ?? user)
  // A ServiceAccount logs in by no Secret: nothing that is wrong with one keeps it out.
  const trouble = serviceAccount === undefined ? (unusable ?? outOfTime(found, now)) : undefined
  const more = trouble === undefined ? '' : ` (${trouble.words})`
  const missing =
    serviceAccount === undefined
      ? `${why} for ${what}${more}`
      : `no source of identity takes ServiceAccounts of namespace ${serviceAccount.namespace}`
  // Whom others vouch for is in no store either, and labels make up somebody.
  const othersMay = mayBe && found.length === 0 && unusable === undefined
  if (known.assumed === true || othersMay || Object.keys(label).length > 0) {
    notes.push(`${missing}: judged as if it could do all that the policy allows`)
    return { ...asking, notes }
  }
  const cause = trouble === undefined ? {} : { cause: trouble.cause }
  return { ...asking, notes, shutOut: { detail: missing, ...cause } }
}

/** The words for who can't, beside an explanation of what the policy says. */
export function cannotLogIn({ shutOut }: Asking): readonly string[] {
  return shutOut === undefined
    ? []
    : [`${shutOut.detail}: it cannot log in, whatever the policy says`]
}

/** A lone name may be that of a user, too: if nothing is known of such a namespace, and of one such user. */
function namespaceOf(
  as: Who | undefined,
  known: readonly Pick<Credential, 'namespace'>[],
): string | undefined {
  const named = as?.namespace
  if (as?.user !== undefined || known.some(({ namespace }) => namespace === named)) return named
  const [one, ...others] = new Set(known.map(({ namespace }) => namespace))
  return known.length === 0 || others.length > 0 ? named : one
}

const NOBODY = { namespaces: [], credentials: [], notes: [] }

/** What is said on the command line counts in place of what the source says. */
function withLabels(holder: Holder, labels: Labels): Holder {
  if (Object.keys(labels).length === 0) return holder
  return { ...holder, labels: { ...holder.labels, ...labels } }
}
