import type { ClusterEvent, Regarding } from '../../adapters/kubernetes/events/cluster-event.ts'
import type { Observed } from '../../control/observed.ts'
import type { ControlSettings } from '../../control/settings.ts'
import type { Obstacle, Step } from '../../control/step.ts'
import { isTold, wordsOf } from '../../control/words.ts'
import type { Told } from './worker.ts'

/** Events in the namespace, for those who look there: about the object that was written, or could not be. */
export function tellInCluster(
  record: (event: ClusterEvent) => void,
  settings: ControlSettings,
): Omit<Told, 'settled' | 'failed'> {
  return {
    step(step, observed) {
      if (!isTold(step)) return
      const { reason, message } = wordsOf(step)
      const regarding = regardingStep(step, observed, settings)
      const note = `${regarding.name} ${message}`
      record({ type: 'Normal', reason, action: ACTIONS[step.kind], regarding, note })
    },
    obstacle(observed, obstacle) {
      const { reason, message } = obstacle
      const regarding = regardingObstacle(observed, obstacle, settings)
      record({ type: 'Warning', reason, action: 'Reconcile', regarding, note: message })
    },
  }
}

const SECRET = { apiVersion: 'v1', kind: 'Secret' }

const ACTIONS: Readonly<Record<Step['kind'], string>> = {
  create: 'Create',
  change: 'Change',
  delete: 'Delete',
  link: 'Link',
}

function regardingStep(
  step: Step,
  { namespace, ...observed }: Observed,
  { secretName, pullSecretName }: ControlSettings,
): Regarding {
  if (step.kind === 'link') {
    const uid = observed.accounts[step.account]?.uid
    return { apiVersion: 'v1', kind: 'ServiceAccount', namespace, name: step.account, uid }
  }
  const name = step.target === 'credentials' ? secretName : pullSecretName
  return { ...SECRET, namespace, name, uid: observed[step.target]?.uid }
}

/** With its uid: by that alone `kubectl describe` finds what is about it. */
function regardingObstacle(
  { namespace, credentials, pull }: Observed,
  { reason }: Obstacle,
  { secretName, pullSecretName }: ControlSettings,
): Regarding {
  return reason.startsWith('PullSecret')
    ? { ...SECRET, namespace, name: pullSecretName, uid: pull?.uid }
    : { ...SECRET, namespace, name: secretName, uid: credentials?.uid }
}
