import { planAccounts } from './account-plan.ts'
import { conditionsText } from './conditions.ts'
import {
  beginOverlap,
  changeCredentials,
  createCredentials,
  endOverlap,
  rotate,
  rotateNow,
  settleCredentials,
} from './credential-steps.ts'
import { NOT_YET_INSTANT, readLogin, type Login } from './login.ts'
import { CONDITIONS, isOwned, mayAdopt, ROTATE } from './marks.ts'
import type { Observed, ObservedSecret } from './observed.ts'
import { planPullSecret } from './pull-plan.ts'
import { pullSecretChanges } from './pull-secret.ts'
import { LEEWAY, rotatedAt, rotationDue } from './rotation.ts'
import type { PlanContext } from './settings.ts'
import type { Obstacle, Plan, Step } from './step.ts'
import { planUnmanaged } from './unmanaged-plan.ts'

/**
 * A namespace as it is → the one write that is next, from the state alone: whatever was begun before, by whom and
 * how far, is in the Secrets. The credentials come first and the pull Secret follows them, so the password in
 * that always works; an old one is taken away only after the overlap, which begins when no pull Secret has it.
 */
export function plan(observed: Observed, context: PlanContext): Plan {
  const { namespace, credentials } = observed
  if (!observed.managed) return planUnmanaged(observed, context)
  if (credentials === undefined) return { step: createCredentials(namespace, context) }
  const refused = refusal(credentials, context)
  if (refused !== undefined) return { obstacle: refused }
  const reading = readLogin(credentials.data, namespace, context)
  if (!reading.ok) return { obstacle: obstacle('CredentialsUnusable', reading.problem) }
  if (!isOwned(credentials) && Object.keys(reading.repair).length > 0) {
    const message =
      'it is to be adopted, but holds no plain password that works: give it one, or delete it'
    return { obstacle: obstacle('CredentialsUnusable', message) }
  }
  const step =
    settleCredentials(credentials, reading, context) ??
    (credentials.annotations[ROTATE] === 'now' ? rotateNow(credentials, context) : undefined)
  if (step !== undefined) return writable(credentials, step)
  return planFollowers(observed, credentials, reading.login, context)
}

/** What follows the credentials: the pull Secret, the accounts, and then the next password. */
function planFollowers(
  observed: Observed,
  credentials: ObservedSecret,
  login: Login,
  context: PlanContext,
): Plan {
  const ahead = publishedUntil(observed.pull, credentials, login, context)
  if (ahead !== undefined) {
    const { previousUntil } = login
    return { ...stepOf(tell(credentials, { previousUntil }, context)), wake: ahead }
  }
  const pull = planPullSecret(observed.pull, login, context)
  if (pull.step !== undefined) return pull
  if (pull.obstacle !== undefined) {
    const { previousUntil } = login
    return { ...pull, ...stepOf(tell(credentials, { ...pull, previousUntil }, context)) }
  }
  const accounts = planAccounts(observed, context)
  if (accounts.step !== undefined) return accounts
  const password = planPassword(observed.namespace, credentials, login, accounts.obstacle, context)
  return { ...(accounts.obstacle && { obstacle: accounts.obstacle }), ...password }
}

/**
 * Until when the pull Secret stays with the password before, seconds since the epoch: a rauth that has not heard of
 * the next one yet, since its watch broke, would refuse whoever comes with it. Undefined: it need not stay.
 */
function publishedUntil(
  pull: ObservedSecret | undefined,
  { annotations }: ObservedSecret,
  { username, previous: password, previousUntil }: Login,
  { now, settings }: PlanContext,
): number | undefined {
  if (pull === undefined || password === undefined || previousUntil !== NOT_YET_INSTANT) {
    return undefined
  }
  if (pullSecretChanges(pull, { username, password }, settings.registries) !== undefined) {
    return undefined
  }
  const until = (rotatedAt(annotations, now) ?? now) + settings.publishAhead
  return until > now ? until : undefined
}

/** Both Secrets have the same password: how it goes on with that. */
function planPassword(
  namespace: string,
  credentials: ObservedSecret,
  login: Login,
  trouble: Obstacle | undefined,
  context: PlanContext,
): Plan {
  const { now, settings } = context
  const { previousUntil } = login
  const told = (until: number | undefined) => ({
    [CONDITIONS]: conditionsText(
      { obstacle: trouble, previousUntil: until },
      credentials.annotations,
      now,
    ),
  })
  if (previousUntil === NOT_YET_INSTANT) {
    const until = now + settings.overlap
    return writable(credentials, beginOverlap(credentials, until, told(until)))
  }
  const over = previousUntil === undefined ? undefined : previousUntil + LEEWAY
  if (over !== undefined && over <= now) {
    return writable(credentials, endOverlap(credentials, told(undefined)))
  }
  const madeAt = rotatedAt(credentials.annotations, now) ?? now
  const isAsked = credentials.annotations[ROTATE] !== undefined
  const due =
    settings.rotateAfter === undefined
      ? Infinity
      : rotationDue(namespace, madeAt, settings.rotateAfter)
  // There is room for one password before: a second rotation would end the first one's.
  if (over === undefined && (isAsked || due <= now)) {
    return writable(credentials, rotate(credentials, login, isAsked ? 'asked' : 'aged', context))
  }
  const wake = over ?? due
  return {
    ...stepOf(tell(credentials, { obstacle: trouble, previousUntil }, context)),
    ...(wake < Infinity && { wake }),
  }
}

/** Says how the namespace stands, where that is not what the Secret says. */
function tell(
  credentials: ObservedSecret,
  standing: {
    readonly obstacle?: Obstacle | undefined
    readonly previousUntil: number | undefined
  },
  { now }: PlanContext,
): Step | undefined {
  const text = conditionsText(
    { obstacle: standing.obstacle, previousUntil: standing.previousUntil },
    credentials.annotations,
    now,
  )
  if (credentials.annotations[CONDITIONS] === text) return undefined
  return changeCredentials(credentials, 'condition', { annotations: { [CONDITIONS]: text } })
}

/** What is not for rauth to change. */
function refusal(secret: ObservedSecret, { settings }: PlanContext): Obstacle | undefined {
  if (secret.deleting) {
    return obstacle('Deleting', `${settings.secretName} waits for a finalizer to be deleted`)
  }
  if (isOwned(secret) || mayAdopt(secret, settings.adopt)) return undefined
  return obstacle(
    'CredentialsNotOwned',
    `${settings.secretName} is not rauth's: delete it, or give it to rauth with the annotation rauth.dev/adopt=true`,
  )
}

/** Of an immutable Secret only marks can be changed. */
function writable({ immutable }: ObservedSecret, step: Step): Plan {
  const changesData = step.kind === 'change' && step.content.data !== undefined
  if (!immutable || !changesData) return { step }
  const message = 'the credentials are immutable: delete the Secret, and rauth makes another'
  return { obstacle: obstacle('CredentialsImmutable', message) }
}

function obstacle(reason: Obstacle['reason'], message: string): Obstacle {
  return { reason, message }
}

function stepOf(step: Step | undefined): Pick<Plan, 'step'> {
  return step === undefined ? {} : { step }
}
