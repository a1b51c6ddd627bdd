import cluster from 'node:cluster'
import type { Pipe } from './channel.ts'
import { closeHandedOnEnd } from './handed.ts'

/** A process of this same program, which opens the same ports. */
export interface WorkerProcess {
  /** No other has or had the same. */
  readonly id: number
  readonly pipe: Pipe
  /** By SIGKILL. */
  readonly kill: () => void
  /** Told once, of why. */
  readonly onEnd: (take: (how: string) => void) => void
}

/** Starts one process after the other. A connection is given to each in turn. */
export function workerProcesses(): () => WorkerProcess {
  cluster.schedulingPolicy = cluster.SCHED_RR
  cluster.setupPrimary({ serialization: 'advanced' })
  return () => {
    const worker = cluster.fork()
    closeHandedOnEnd(worker.process)
    return {
      id: worker.id,
      pipe: {
        // It may have ended: that is told otherwise.
        send(message) {
          if (worker.isConnected()) worker.send(message, () => undefined)
        },
        onMessage: (take) => void worker.on('message', take),
      },
      kill: () => void worker.process.kill('SIGKILL'),
      onEnd(take) {
        let isTold = false
        const tell = (how: string) => {
          if (!isTold) take(how)
          isTold = true
        }
        worker.once('exit', (code, signal: string | null) => {
          tell(signal === null ? `exit code ${code}` : `signal ${signal}`)
        })
        // Of one that could not be started, such as at the limit of processes, no exit is told.
        worker.on('error', (error) => {
          if (worker.process.pid === undefined) tell(error.message)
        })
      },
    }
  }
}
