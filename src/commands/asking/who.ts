import type { CredentialReference, Holder, Labels } from '../../subject.ts'
import { isLive } from '../../credentials/live.ts'
import type { Asker } from '../../policy/asker.ts'
import type { AskerOptions } from './asker-options.ts'
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
  const { as, anonymous, ip, tag, service = offline.config.service } = options
  const rest = { service, address: ip, now, tags: tag.length === 0 ? 'any' : tag } as const
  if (anonymous === true) {
    return { ...NOBODY, asker: { ...rest, account: '', holders: [] } }
  }
  if (as?.namespace === undefined) throw usage('say who asks: --as NAMESPACE, or --anonymous')
  const { namespace, user = namespace } = as
  const found = (offline.store?.byUsername(user) ?? []).filter(
    (credential) => credential.namespace === namespace,
  )
  const live = found.filter((credential) => isLive(credential, now))
  const limits = live.length === 0 ? [{}] : live.map(limitOf)
  const holders = limits.map((limit) => withLabels({ namespace, ...limit }, options.label))
  const notes = []
  if (offline.store !== undefined && live.length === 0) {
    const why = found.length === 0 ? 'has no user' : 'has, but not at this time, the user'
    notes.push(
      `the Secret of ${namespace} ${why} ${user}: judged as if it had, and as if it may do all that the policy allows`,
    )
  }
  return {
    asker: { ...rest, account: user, holders },
    ...{ namespaces: [namespace], credentials: live, notes },
  }
}

const NOBODY = { namespaces: [], credentials: [], notes: [] }

function limitOf({ actions }: Pick<Holder, 'actions'>): Pick<Holder, 'actions'> {
  return actions === undefined ? {} : { actions }
}

function withLabels(holder: Holder, labels: Labels): Holder {
  return Object.keys(labels).length === 0 ? holder : { ...holder, labels }
}
