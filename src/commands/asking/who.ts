import type { Credential } from '../../credentials/credential.ts'
import { holderOf } from '../../credentials/holder.ts'
import { isLive } from '../../credentials/live.ts'
import type { Asker } from '../../policy/asker.ts'
import type { CredentialReference, Holder, Labels } from '../../subject.ts'
import type { AskerOptions, Who } from './asker-options.ts'
import type { Offline } from './offline.ts'
import { usage } from './usage.ts'

/** Who is asked about, and what is to be said of how it was found. */
export interface Asking {
  readonly asker: Asker
  readonly namespaces: readonly string[]
  readonly credentials: readonly CredentialReference[]
  readonly notes: readonly string[]
}

/** Without `--as` and `--anonymous` there is nobody to ask about: ERR_USAGE. */
export function whoAsks(options: AskerOptions, offline: Offline, now: number): Asking {
  const { as, anonymous, ip, tag, label, service = offline.config.service } = options
  const { identity } = offline
  const rest = { service, address: ip, now, tags: tag.length === 0 ? 'any' : tag } as const
  if (anonymous === true) {
    const nobody = { ...identity?.nobody(), ...label }
    return { ...NOBODY, asker: { ...rest, account: '', holders: [], nobody } }
  }
  const { user = as?.namespace, serviceAccount } = as ?? {}
  if (user === undefined) throw usage('say who asks: --as NAMESPACE, or --anonymous')
  const known = identity?.lookup.byUsername(user) ?? []
  const namespace = namespaceOf(as, known)
  const found = known.filter((credential) => credential.namespace === namespace)
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
  // Its credentials are in no store.
  if (identity !== undefined && live.length === 0 && serviceAccount === undefined) {
    const what = namespace === undefined ? `user ${user}` : `user ${user} of namespace ${namespace}`
    const why = found.length === 0 ? 'no credential is here' : 'no credential is good at that time'
    notes.push(`${why} for ${what}: judged as if it could do all that the policy allows`)
  }
  return {
    asker: { ...rest, account: user, holders },
    ...{ namespaces: namespace === undefined ? [] : [namespace], credentials: live, notes },
  }
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
