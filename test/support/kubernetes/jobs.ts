import { setTimeout as sleep } from 'node:timers/promises'
import type { Api, Json } from './api.ts'
import type { KubernetesNode, PodSpec } from './node.ts'
import { writeStatus } from './status.ts'

/** Between two looks, milliseconds. */
const LOOK = 100

/** A Job that came to its end. */
export interface DoneJob {
  readonly name: string
  readonly ok: boolean
  readonly output: string
}

export interface JobController {
  readonly done: readonly DoneJob[]
  stop(): Promise<void>
}

/**
 * What a cluster does with Jobs: runs each that is new in a namespace, and says in its status how it ended. `stop` throws
 * what went wrong.
 */
export function startJobController(
  api: Api,
  node: KubernetesNode,
  namespace: string,
): JobController {
  const jobs = `/apis/batch/v1/namespaces/${namespace}/jobs`
  const done: DoneJob[] = []
  const seen = new Set<string>()
  let stopped = false

  async function look(): Promise<void> {
    const { items = [] } = (await api.send('GET', jobs)).body as { items?: readonly Job[] }
    for (const job of items) {
      if (seen.has(job.metadata.uid)) continue
      seen.add(job.metadata.uid)
      const startTime = new Date().toISOString()
      const { ok, output } = await complete(job)
      done.push({ name: job.metadata.name, ok, output })
      await finish(job.metadata.name, startTime, ok)
    }
  }

  /** A kubelet starts again what may be: a right that was given just now need not be known yet. */
  async function complete({ spec: { backoffLimit = 0, template } }: Job) {
    const tries = template.spec.restartPolicy === 'OnFailure' ? backoffLimit : 0
    let ended = await node.complete(namespace, template.spec)
    for (let tried = 0; !ended.ok && tried < tries && !stopped; tried += 1) {
      await sleep(LOOK * 2 ** tried)
      ended = await node.complete(namespace, template.spec)
    }
    return ended
  }

  async function finish(name: string, startTime: string, ok: boolean): Promise<void> {
    const time = new Date().toISOString()
    const condition = (type: string) => {
      return { type, status: 'True', lastProbeTime: time, lastTransitionTime: time }
    }
    const status: Json = ok
      ? {
          ...{ startTime, completionTime: time, succeeded: 1 },
          conditions: [condition('SuccessCriteriaMet'), condition('Complete')],
        }
      : { startTime, failed: 1, conditions: [condition('FailureTarget'), condition('Failed')] }
    await writeStatus(api, `${jobs}/${name}`, status)
  }

  async function run(): Promise<void> {
    while (!stopped) {
      await look()
      await sleep(LOOK)
    }
  }
  let failure: unknown
  const running = run().catch((thrown: unknown) => {
    failure = thrown
  })
  return {
    done,
    async stop() {
      stopped = true
      await running
      if (failure !== undefined) throw new Error('the controller gave up', { cause: failure })
    },
  }
}

interface Job {
  readonly metadata: { readonly name: string; readonly uid: string }
  readonly spec: {
    readonly backoffLimit?: number
    readonly template: { readonly spec: PodSpec & { readonly restartPolicy?: string } }
  }
}
