import { randomUUID } from 'node:crypto'
import os from 'node:os'
import type { Api } from '../../adapters/kubernetes/api.ts'
import { createEventRecorder } from '../../adapters/kubernetes/events/event-recorder.ts'
import type { ControlSettings } from '../../control/settings.ts'
import type { Log } from '../../log.ts'
import { tellInCluster } from './tell-cluster.ts'
import type { Told } from './worker.ts'

export interface EventsOptions {
  readonly api: Api
  readonly log: Log
  readonly settings: ControlSettings
  /** Who reports, as Events name it: `rauth.dev/…`. */
  readonly controller: string
}

export interface Events {
  readonly told: Omit<Told, 'settled' | 'failed'>
  /** Once nothing is done any more. */
  close(): Promise<void>
}

/** How long Events that are not written yet may take at the end, milliseconds. */
const LAST_EVENTS = 2_000

/** Events of what is done, from this machine; nothing fails where they can't be written. */
export function openEvents({ api, log, settings, controller }: EventsOptions): Events {
  const recorder = createEventRecorder({
    ...{ api, controller, instance: os.hostname() },
    ...{ clock: () => Date.now(), timer: () => performance.now(), random: Math.random },
    unique: () => randomUUID().replaceAll('-', ''),
    onTrouble(problem) {
      if (problem === undefined) log.info({}, 'Events can be written again')
      else log.warn({ error: problem }, 'Events cannot be written at the moment')
    },
  })
  return {
    told: tellInCluster((event) => {
      recorder.record(event)
    }, settings),
    close: () => recorder.close(LAST_EVENTS),
  }
}
