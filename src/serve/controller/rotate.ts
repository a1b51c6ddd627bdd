import { setTimeout as sleep } from 'node:timers/promises'
import { ApiRefusal } from '../../adapters/kubernetes/api-refusal.ts'
import {
  createManagedNamespaces,
  type ManagedNamespaces,
} from '../../adapters/kubernetes/managed/namespaces.ts'
import type { Config } from '../../config/schema.ts'
import { changeCredentials } from '../../control/credential-steps.ts'
import { applyStep } from '../../control/apply.ts'
import { NOT_YET_INSTANT, readLogin } from '../../control/login.ts'
import { isOwned, REGISTRIES, ROTATE } from '../../control/marks.ts'
import type { Observed, ObservedSecret } from '../../control/observed.ts'
import { plan } from '../../control/plan.ts'
import { isHalfway, reconcile } from '../../control/reconcile.ts'
import type { PlanContext } from '../../control/settings.ts'
import { RauthError } from '../../errors.ts'
import { formatInstant } from '../../instant.ts'
import type { Log } from '../../log.ts'
import { createClusterOnce } from '../cluster.ts'
import { PATIENCE } from './once.ts'
import { planningOf } from './planning.ts'

export interface RotateOptions {
  readonly namespace: string
  /** The password before works no longer, at once. */
  readonly now: boolean
  /** Whether the configuration says for which registries logins are. */
  readonly knowsRegistries: boolean
  readonly log: Log
  /** Told before it waits, seconds: the next password is there, and pods get it then. */
  readonly onWait: (seconds: number) => void
}

export interface Rotated {
  /** Until when the password before works, seconds since the epoch; undefined: no longer. */
  readonly previousUntil: number | undefined
  /** Why the pull Secret has not followed. */
  readonly obstacle: string | undefined
}

/** Somebody else, such as a controller, may write at the same time: so often it is looked again. */
const TRIES = 20

/** Milliseconds. */
const PAUSE = 100

/** A controller that runs goes first, since its `overlap` is the one that was chosen: seconds that it gets for that. */
const GRACE = 2

/**
 * The next password of one namespace, by whoever calls: with a controller that runs or without. It asks by the
 * annotation that anybody can ask by, and then does what a controller would do. Each write of either is of the
 * version that was read, so one of them does it. Throws ERR_REFUSED where it can't be done, and says why.
 */
export async function rotateNamespace(config: Config, options: RotateOptions): Promise<Rotated> {
  const { namespace, log } = options
  const metrics = { apiAnswered: () => undefined }
  const cluster = await createClusterOnce({ config, log, metrics }).open()
  const planning = planningOf(config, () => Date.now() / 1000)
  const { signal } = new AbortController()
  const namespaces = createManagedNamespaces({
    ...{ ...planning().settings, serviceAccounts: [] },
    ...{ api: cluster.api, signal, patience: PATIENCE, mayWrite: () => true },
  })
  try {
    const found = await namespaces.observe(namespace, true)
    const first = requireOwned(found, planning())
    requireRegistries(found, options)
    refuseWhatCannotBe(found, first, options, contextFor(found, planning))
    return await rotateUntil(namespaces, { found, first, options, planning })
  } catch (error) {
    if (error instanceof RauthError) throw error
    const isRefusal = error instanceof ApiRefusal
    const what = error instanceof Error ? error.message : String(error)
    throw new RauthError(
      isRefusal ? 'ERR_REFUSED' : 'ERR_UNREACHABLE',
      `${namespace} at ${cluster.server}: ${what}`,
      { cause: error },
    )
  } finally {
    cluster.close()
  }
}

interface Attempt {
  readonly found: Observed
  /** The credentials as they were at first. */
  readonly first: ObservedSecret
  readonly options: RotateOptions
  readonly planning: () => PlanContext
}

async function rotateUntil(
  namespaces: ManagedNamespaces,
  { found, first, options, planning }: Attempt,
): Promise<Rotated> {
  const before = passwordOf(first)
  let observed = found
  for (let tries = 0; ; tries += 1) {
    const context = contextFor(observed, planning)
    try {
      const credentials = requireOwned(observed, planning())
      const isNext = passwordOf(credentials) !== before
      if (!isNext || isLeftOver(credentials, before, options.now)) {
        observed = await namespaces.apply(observed, request(credentials, options.now))
      }
      const result = await reconcile(observed, {
        ...{ writer: namespaces, context, onStep: () => undefined },
      })
      if (!isHalfway(result, context())) {
        return resultOf(result.observed, result.obstacle?.message, context())
      }
      const wait = Math.max(0, (result.wake ?? 0) - context().now) + GRACE
      options.onWait(wait)
      await sleep(wait * 1000)
      observed = await namespaces.observe(options.namespace, true)
    } catch (error) {
      const isConflict = error instanceof ApiRefusal && error.status === 409
      if (!isConflict || tries === TRIES) throw error
      await sleep(PAUSE)
      observed = await namespaces.observe(options.namespace, true)
    }
  }
}

/** Whether the stolen password still works: somebody else rotated in the meantime, with an overlap. */
function isLeftOver({ data }: ObservedSecret, before: unknown, now: boolean): boolean {
  return now && data.reveal()['previousPassword'] === before
}

/** Base64: only compared. */
function passwordOf({ data }: ObservedSecret): unknown {
  return data.reveal()['password']
}

function request(credentials: ObservedSecret, now: boolean) {
  const annotations = { [ROTATE]: now ? 'now' : 'true' }
  return changeCredentials(credentials, now ? 'asked_now' : 'asked', { annotations })
}

/**
 * The pull Secret goes on having the registries that it has, and an overlap that runs its end: whoever calls may not have
 * the configuration.
 */
function contextFor(observed: Observed, planning: () => PlanContext): () => PlanContext {
  const registries = registriesOf(observed)
  return () => {
    const context = planning()
    const { settings, now } = context
    const overlap = Math.max(settings.overlap, overlapLeft(observed, context, now))
    return {
      ...context,
      settings: {
        ...{ ...settings, overlap, serviceAccounts: [], rotateAfter: undefined, adopt: false },
        ...(registries.length > 0 && { registries }),
      },
    }
  }
}

function registriesOf({ pull }: Observed): readonly string[] {
  return pull?.annotations[REGISTRIES]?.split(',').filter((host) => host !== '') ?? []
}

/** Seconds that the password before still works, where that has an end. */
function overlapLeft({ credentials, namespace }: Observed, context: PlanContext, now: number) {
  if (credentials === undefined) return 0
  const reading = readLogin(credentials.data, namespace, context)
  const until = reading.ok ? (reading.login.previousUntil ?? now) : now
  return until === NOT_YET_INSTANT ? 0 : until - now
}

function requireRegistries(found: Observed, { namespace, knowsRegistries }: RotateOptions): void {
  if (knowsRegistries || registriesOf(found).length > 0) return
  const next = '-f with the configuration of rauth controller, or RAUTH_CONTROLLER_REGISTRIES'
  throw refused(namespace, `no pull Secret says for which registries its login is; next: ${next}`)
}

function requireOwned({ namespace, credentials }: Observed, { settings }: PlanContext) {
  const { secretName } = settings
  if (credentials === undefined) {
    const next = `rauth controller makes it in the namespaces that it is told to (docs/controller.md)`
    throw refused(namespace, `there is no Secret ${secretName}; next: ${next}`)
  }
  if (isOwned(credentials)) return credentials
  const next = 'change its password yourself, or let rauth controller adopt it (rauth.dev/adopt)'
  throw refused(namespace, `${secretName} is not rauth's; next: ${next}`)
}

/** Before anything is written: what would come of it. */
function refuseWhatCannotBe(
  found: Observed,
  credentials: ObservedSecret,
  { namespace, now }: RotateOptions,
  context: () => PlanContext,
): void {
  let observed = applyStep(found, request(credentials, now), 'asked')
  for (;;) {
    const { step, obstacle, wake } = plan(observed, context())
    if (step?.why === 'asked' || step?.why === 'asked_now') return
    if (obstacle !== undefined) throw refused(namespace, obstacle.message)
    if (step === undefined) {
      const until = wake === undefined ? '' : ` until ${formatInstant(wake)}`
      throw refused(
        namespace,
        `the password before the last one still works${until}, and there is room for one; next: wait, or ` +
          'rauth rotate --now, which ends it',
      )
    }
    observed = applyStep(observed, step, step.why)
  }
}

function resultOf(last: Observed, obstacle: string | undefined, context: PlanContext): Rotated {
  const reading = readLogin(requireOwned(last, context).data, last.namespace, context)
  return { previousUntil: reading.ok ? reading.login.previousUntil : undefined, obstacle }
}

function refused(namespace: string, what: string): RauthError {
  return new RauthError('ERR_REFUSED', `${namespace} is not rotated: ${what}`)
}
