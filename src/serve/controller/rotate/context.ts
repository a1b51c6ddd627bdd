import { NOT_YET_INSTANT, readLogin } from '../../../control/login.ts'
import { REGISTRIES } from '../../../control/marks.ts'
import type { Observed } from '../../../control/observed.ts'
import type { PlanContext } from '../../../control/settings.ts'

/**
 * The pull Secret goes on having the registries that it has, and an overlap that runs its end: whoever calls may not have
 * the configuration.
 */
export function contextFor(observed: Observed, planning: () => PlanContext): () => PlanContext {
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

/** Hosts that the pull Secret says its login is for. */
export function registriesOf({ pull }: Observed): readonly string[] {
  return pull?.annotations[REGISTRIES]?.split(',').filter((host) => host !== '') ?? []
}

/** Seconds that the password before still works, where that has an end. */
function overlapLeft({ credentials, namespace }: Observed, context: PlanContext, now: number) {
  if (credentials === undefined) return 0
  const reading = readLogin(credentials.data, namespace, context)
  const until = reading.ok ? (reading.login.previousUntil ?? now) : now
  return until === NOT_YET_INSTANT ? 0 : until - now
}
