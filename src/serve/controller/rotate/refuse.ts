import { DRY_WRITER } from '../../../control/dry-writer.ts'
import { isOwned } from '../../../control/marks.ts'
import type { Observed, ObservedSecret } from '../../../control/observed.ts'
import { reconcile } from '../../../control/reconcile.ts'
import type { PlanContext } from '../../../control/settings.ts'
import type { Why } from '../../../control/step.ts'
import { RauthError } from '../../../errors.ts'
import { formatInstant } from '../../../instant.ts'
import { registriesOf } from './context.ts'
import type { RotateOptions } from './rotation.ts'

/** Else a pull Secret could be made for a registry that nobody means. */
export function requireRegistries(
  found: Observed,
  { namespace, knowsRegistries }: RotateOptions,
): void {
  if (knowsRegistries || registriesOf(found).length > 0) return
  const next = '-f with the configuration of rauth controller, or RAUTH_CONTROLLER_REGISTRIES'
  throw refused(namespace, `no pull Secret says for which registries its login is; next: ${next}`)
}

/** The credentials, if there are any and they are rauth's. */
export function requireOwned(
  { namespace, credentials }: Observed,
  { settings }: PlanContext,
): ObservedSecret {
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
export async function refuseWhatCannotBe(
  asked: Observed,
  { namespace }: Pick<RotateOptions, 'namespace'>,
  context: () => PlanContext,
): Promise<void> {
  const done = new Set<Why>()
  const { obstacle, wake } = await reconcile(asked, {
    ...{ writer: DRY_WRITER, context },
    onStep: ({ why }) => done.add(why),
  })
  if (done.has('asked') || done.has('asked_now')) return
  if (obstacle !== undefined) throw refused(namespace, obstacle.message)
  const until = wake === undefined ? '' : ` until ${formatInstant(wake)}`
  throw refused(
    namespace,
    `the password before the last one still works${until}, and there is room for one; next: wait, or ` +
      'rauth rotate --now, which ends it',
  )
}

function refused(namespace: string, what: string): RauthError {
  return new RauthError('ERR_REFUSED', `${namespace} is not rotated: ${what}`)
}
