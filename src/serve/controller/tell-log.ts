import { wordsOf } from '../../control/words.ts'
import type { ControlSettings } from '../../control/settings.ts'
import type { Step } from '../../control/step.ts'
import type { Log } from '../../log.ts'
import type { Told } from './worker.ts'

/** One line in the log for each write, with why; and what keeps a namespace from being as it should. */
export function tellInLog(log: Log, settings: ControlSettings, dryRun: boolean): Told {
  return {
    step(step, { namespace }) {
      const { message } = wordsOf(step)
      const fields = { namespace, ...objectOf(step, settings), did: step.kind, why: step.why }
      log.info({ ...fields, because: message }, dryRun ? 'would be written' : 'written')
    },
    obstacle({ namespace }, { reason, message }) {
      log.warn({ namespace, reason, problem: message }, 'a namespace is not as it should be')
    },
    settled(namespace) {
      log.info({ namespace }, 'a namespace is as it should be again')
    },
  }
}

/** What a step is about, by the name that it has in the cluster. */
export function objectOf(
  step: Step,
  { secretName, pullSecretName }: ControlSettings,
): { readonly secret: string } | { readonly serviceAccount: string } {
  if (step.kind === 'link') return { serviceAccount: step.account }
  return { secret: step.target === 'credentials' ? secretName : pullSecretName }
}
