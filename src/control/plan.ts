import { planAccounts } from './account-plan.ts'
import { createCredentials, rotateNow, settleCredentials } from './credential-steps.ts'
import { NOT_YET_INSTANT, readLogin, type Login } from './login.ts'
import { isOwned, mayAdopt, ROTATE } from './marks.ts'
import type { Observed, ObservedSecret } from './observed.ts'
import { CREDENTIALS_IMMUTABLE, planPassword } from './password-plan.ts'
import { planPullSecret } from './pull-plan.ts'
import { pullSecretChanges } from './pull-secret.ts'
import { LEEWAY, rotatedAt } from './rotation.ts'
import type { PlanContext } from './settings.ts'
import { hindered, tell } from './standing-step.ts'
import type { Obstacle, Plan } from './step.ts'
import { planUnmanaged } from './unmanaged-plan.ts'

/**
 * A namespace as it is → the one write that is next, from the state alone: whatever was begun before, by whom and
 * how far, is in the Secrets. The credentials come first and the pull Secret follows them, so the password in
 * that always works; an old one is taken away only after the overlap, which begins when no pull Secret has it.
 */
export function plan(observed: Observed, context: PlanContext): Plan {
  const { namespace, credentials } = observed
  if (!observed.managed) return planBegun(observed, context) ?? planUnmanaged(observed, context)
  if (credentials === undefined) return { step: createCredentials(namespace, context) }
  const refused = refusal(credentials, context)
  if (refused !== undefined) return { obstacle: refused }
  const reading = readLogin(credentials.data, namespace, context)
  if (!reading.ok) {
    const unusable = obstacle('CredentialsUnusable', reading.problem)
    return hindered(credentials, unusable, undefined, context)
  }
  if (!isOwned(credentials) && Object.keys(reading.repair).length > 0) {
    const message =
      'it is to be adopted, but holds no plain password that works: give it one, or delete it'
    return { obstacle: obstacle('CredentialsUnusable', message) }
  }
  const { login } = reading
  const settling = settleCredentials(credentials, reading, context)
  if (settling !== undefined) {
    const changesData = settling.kind === 'change' && settling.content.data !== undefined
    if (!credentials.immutable || !changesData) return { step: settling }
    return hindered(credentials, CREDENTIALS_IMMUTABLE, login.previousUntil, context)
  }
  // Before anything else: one was stolen. What can't be changed stays in step as it is.
  if (credentials.annotations[ROTATE] === 'now' && !credentials.immutable) {
    return { step: rotateNow(credentials, context) }
  }
  return planFollowers(observed, credentials, login, context)
}

/**
 * A rotation that was begun goes on where the namespace is no longer chosen: else the password before would
 * work for ever. Undefined: there is none, or nothing that can be done about it.
 */
function planBegun(observed: Observed, context: PlanContext): Plan | undefined {
  const { credentials, pull, namespace } = observed
  if (credentials === undefined || !isOwned(credentials) || credentials.deleting) return undefined
  const reading = readLogin(credentials.data, namespace, context)
  if (!reading.ok || Object.keys(reading.repair).length > 0) return undefined
  const { login } = reading
  if (login.previousUntil !== NOT_YET_INSTANT || credentials.immutable) return undefined
  const settings = { ...context.settings, serviceAccounts: [], adopt: false }
  if (pull !== undefined && isOwned(pull)) {
    const next = planFollowers(observed, credentials, login, { ...context, settings })
    return next.step === undefined && next.obstacle !== undefined ? undefined : next
  }
  // What is there is no pod's by rauth.
  const found = { observed, credentials, login, trouble: undefined }
  return planPassword(found, { ...context, settings })
}

/** What follows the credentials: the pull Secret, the accounts, and then the next password. */
function planFollowers(
  observed: Observed,
  credentials: ObservedSecret,
  login: Login,
  context: PlanContext,
): Plan {
  const { previous, previousUntil } = login
  const ahead = publishedUntil(observed.pull, credentials, login, context)
  const followed =
    ahead === undefined || previous === undefined ? login : { ...login, password: previous }
  const pull = planPullSecret(observed.pull, followed, context)
  if (pull.step !== undefined) return pull
  if (pull.obstacle !== undefined) {
    const told = hindered(credentials, pull.obstacle, previousUntil, context)
    const isRunning = previousUntil !== undefined && previousUntil < NOT_YET_INSTANT
    const end = isRunning ? previousUntil + LEEWAY : -Infinity
    return { ...told, ...(end > context.now && { wake: end }) }
  }
  if (ahead !== undefined) {
    return { ...tell(credentials, { previousUntil, rotating: true }, context), wake: ahead }
  }
  const accounts = planAccounts(observed, context)
  if (accounts.step !== undefined) return accounts
  return planPassword({ observed, credentials, login, trouble: accounts.obstacle }, context)
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

function obstacle(reason: Obstacle['reason'], message: string): Obstacle {
  return { reason, message }
}
