import { setTimeout as sleep } from 'node:timers/promises'
import { ApiRefusal } from '../../../adapters/kubernetes/api-refusal.ts'
import type { ManagedNamespaces } from '../../../adapters/kubernetes/managed/namespaces.ts'
import { changeCredentials } from '../../../control/credential-steps.ts'
import { readLogin } from '../../../control/login.ts'
import { ROTATE } from '../../../control/marks.ts'
import type { Observed, ObservedSecret } from '../../../control/observed.ts'
import { isHalfway, reconcile } from '../../../control/reconcile.ts'
import type { PlanContext } from '../../../control/settings.ts'
import type { Step } from '../../../control/step.ts'
import { contextFor } from './context.ts'
import { requireOwned } from './refuse.ts'
import type { Rotated, RotateOptions } from './rotation.ts'

/** Somebody else, such as a controller, may write at the same time: so often it is looked again. */
const TRIES = 20

/** Milliseconds. */
const PAUSE = 100

/** A controller that runs goes first, since its `overlap` is the one that was chosen: seconds that it gets for that. */
const GRACE = 2

interface Attempt {
  readonly found: Observed
  /** The credentials as they were at first. */
  readonly first: ObservedSecret
  readonly options: RotateOptions
  readonly planning: () => PlanContext
  /** Told of each step that was done. */
  readonly onStep: (step: Step, observed: Observed) => void
}

/** Asks, does what a controller would do, and waits for what is to come later, until both Secrets have it. */
export async function rotateUntil(
  namespaces: ManagedNamespaces,
  { found, first, options, planning, onStep }: Attempt,
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
        ...{ writer: namespaces, context, onStep },
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

/** As anybody can ask, by the annotation. */
export function request(credentials: ObservedSecret, now: boolean) {
  const annotations = { [ROTATE]: now ? 'now' : 'true' }
  return changeCredentials(credentials, now ? 'asked_now' : 'asked', { annotations })
}

function resultOf(last: Observed, obstacle: string | undefined, context: PlanContext): Rotated {
  const reading = readLogin(requireOwned(last, context).data, last.namespace, context)
  return { previousUntil: reading.ok ? reading.login.previousUntil : undefined, obstacle }
}
