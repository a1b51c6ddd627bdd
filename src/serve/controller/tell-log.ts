import { randomUUID } from 'node:crypto'
import type { ControlSettings } from '../../control/settings.ts'
import {
  failureEvent,
  obstacleEvent,
  writtenEvent,
  type WriteEvent,
} from '../../control/write-event.ts'
import type { Log } from '../../log.ts'
import type { Told } from './worker.ts'

/** One record of each write, and of what keeps a namespace from being as it should; of a dry run lines alone. */
export function tellInLog(
  log: Log,
  record: (event: WriteEvent) => void,
  settings: ControlSettings,
  dryRun: boolean,
): Told {
  return {
    step(step, observed) {
      const written = writtenEvent(randomUUID(), step, observed, settings)
      if (!dryRun) {
        record(written)
        return
      }
      const { namespaces, action, object, cause, detail } = written
      log.info({ namespaces, action, object, cause, detail }, 'would be written')
    },
    obstacle(observed, obstacle) {
      record(obstacleEvent(randomUUID(), observed, obstacle))
    },
    failed(namespace, detail) {
      record(failureEvent(randomUUID(), namespace, detail))
    },
    settled(namespace) {
      log.info({ namespace }, 'a namespace is as it should be again')
    },
  }
}
