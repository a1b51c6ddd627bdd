import { ApiRefusal } from '../../../adapters/kubernetes/api-refusal.ts'
import { createManagedNamespaces } from '../../../adapters/kubernetes/managed/namespaces.ts'
import type { Config } from '../../../config/schema.ts'
import { applyStep } from '../../../control/apply.ts'
import { messageOf, RauthError } from '../../../errors.ts'
import { createClusterOnce } from '../../cluster.ts'
import { openEvents } from '../events.ts'
import { PATIENCE } from '../limits.ts'
import { planningOf } from '../planning.ts'
import { contextFor } from './context.ts'
import { refuseWhatCannotBe, requireOwned, requireRegistries } from './refuse.ts'
import type { Rotated, RotateOptions } from './rotation.ts'
import { request, rotateUntil } from './until-rotated.ts'

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
  const events = openEvents({
    ...{ api: cluster.api, log, settings: planning().settings },
    controller: 'rauth.dev/rotate',
  })
  try {
    const found = await namespaces.observe(namespace, true)
    const first = requireOwned(found, planning())
    requireRegistries(found, options)
    const asked = applyStep(found, request(first, options.now), 'asked')
    await refuseWhatCannotBe(asked, options, contextFor(found, planning))
    return await rotateUntil(namespaces, {
      ...{ found, first, options, planning },
      onStep: (step, observed) => {
        events.told.step(step, observed)
      },
    })
  } catch (error) {
    if (error instanceof RauthError) throw error
    const isRefusal = error instanceof ApiRefusal
    throw new RauthError(
      isRefusal ? 'ERR_REFUSED' : 'ERR_UNREACHABLE',
      `${namespace} at ${cluster.server}: ${messageOf(error)}`,
      { cause: error },
    )
  } finally {
    await events.close()
    cluster.close()
  }
}
