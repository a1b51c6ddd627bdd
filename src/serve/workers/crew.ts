import cluster, { type Worker } from 'node:cluster'
import { waitAfter } from '../../backoff.ts'
import { RauthError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { createChannel, type Answers, type Channel } from './channel.ts'
import type { PrimaryCalls, PartState, WorkerCalls } from './messages.ts'

/** Between the end of a worker and the next one in its place, milliseconds. */
const BACKOFF = { first: 200, most: 30_000 }

/** Who lived so long did not end at once, milliseconds. */
const LONG = 60_000

/** A worker that runs. */
export interface Member {
  /** 1 and more; whoever takes its place has the same. */
  readonly number: number
  /** Of this process alone. */
  readonly id: number
  readonly channel: Channel<WorkerCalls>
  /** Its ports, once they are open. */
  ports?: Readonly<Record<string, number>>
  /** How its parts are. */
  health: readonly PartState[]
  /** Whether it was told of the credentials. */
  joined: boolean
}

export interface CrewOptions {
  readonly count: number
  readonly log: Log
  readonly timer: () => number
  /** What a worker asks. */
  readonly answersFor: (
    member: () => Member,
  ) => Answers<Pick<PrimaryCalls, 'join' | 'take' | 'giveBack'>>
  /** A worker is no more. */
  readonly onEnd: (member: Member) => void
}

/** Processes of this same program that serve the same ports. */
export interface Crew {
  /** Starts the first, and once that serves the others. Rejects where one ends before it served. */
  start(): Promise<void>
  members(): readonly Member[]
  /** Sends them a signal that asks for something else than their end. */
  signal(name: NodeJS.Signals): void
  /** Tells them to stop, and waits until all have. */
  stop(signal: string): Promise<void>
}

export function createCrew({ count, log, timer, answersFor, onEnd }: CrewOptions): Crew {
  const running = new Map<number, { readonly member: Member; readonly worker: Worker }>()
  const failures = new Map<number, number>()
  let stopping = false
  let ended: () => void = () => undefined

  /** Resolves once it serves. */
  function launch(number: number): Promise<void> {
    const worker = cluster.fork()
    const begin = timer()
    return new Promise((resolve, reject) => {
      const channel = createChannel<WorkerCalls, PrimaryCalls>(
        {
          send: (message) => void worker.send(message, () => undefined),
          onMessage: (take) => void worker.on('message', take),
        },
        {
          ...answersFor(() => member),
          opened(ports) {
            member.ports = ports
            resolve()
            return undefined
          },
          health(parts) {
            member.health = parts
            return undefined
          },
        },
      )
      const member: Member = { number, id: worker.id, channel, health: [], joined: false }
      running.set(number, { member, worker })
      worker.once('exit', (code, signal: string | null) => {
        running.delete(number)
        onEnd(member)
        const how = signal === null ? `exit code ${code}` : `signal ${signal}`
        if (stopping) ended()
        else if (member.ports === undefined) reject(didNotServe(number, how))
        else replace(number, how, timer() - begin)
      })
    })
  }

  function replace(number: number, how: string, lived: number): void {
    const count = lived > LONG ? 1 : (failures.get(number) ?? 0) + 1
    failures.set(number, count)
    const wait = Math.round(waitAfter(count, BACKOFF, Math.random()))
    log.error(
      { worker: number, how, milliseconds: wait },
      'a worker ended: another takes its place',
    )
    setTimeout(() => {
      if (stopping) return
      launch(number).then(
        () => {
          log.info({ worker: number }, 'a worker serves in the place of one that ended')
        },
        (error: unknown) => {
          replace(number, error instanceof Error ? error.message : String(error), 0)
        },
      )
    }, wait)
  }

  return {
    async start() {
      await launch(1)
      await Promise.all(Array.from({ length: count - 1 }, (_, index) => launch(index + 2)))
    },
    members: () => [...running.values()].map(({ member }) => member),
    signal(name) {
      for (const { worker } of running.values()) worker.process.kill(name)
    },
    async stop(signal) {
      stopping = true
      const all = new Promise<void>((resolve) => {
        ended = () => {
          if (running.size === 0) resolve()
        }
      })
      for (const { member, worker } of running.values()) {
        if (member.ports === undefined) worker.process.kill('SIGKILL')
        else member.channel.tell('stop', signal)
      }
      if (running.size > 0) await all
    },
  }
}

function didNotServe(number: number, how: string): RauthError {
  return new RauthError('ERR_LISTEN', `worker ${number} did not start (${how}): it says why above`)
}
