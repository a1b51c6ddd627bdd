import type { PartState } from '../../adapters/ops/health.ts'
import type { WorkerEnd } from '../../adapters/ops/metrics/workers.ts'
import { waitAfter } from '../../backoff.ts'
import { messageOf, RauthError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { createChannel, type Answers, type Channel } from './channel.ts'
import type { WorkerProcess } from './fork.ts'
import type { PrimaryCalls, StopOrder, WorkerCalls } from './messages.ts'

/** A worker that runs. */
export interface Member {
  /** 1 and more; whoever takes its place has the same. */
  readonly number: number
  /** Of this process alone. */
  readonly id: number
  readonly channel: Channel<WorkerCalls>
  /** Whether it knows what there is to be known. */
  joined: boolean
  /** Its ports, once they are open. */
  ports?: Readonly<Record<string, number>>
  /** How its parts are. */
  health: readonly PartState[]
  /** Ends it at once: another takes its place. */
  readonly end: () => void
}

export interface CrewOptions {
  readonly count: number
  /** How many begin at a time: more than there are cores only keep each other from it. */
  readonly atOnce: number
  readonly fork: () => WorkerProcess
  readonly log: Log
  /** Milliseconds, going forwards. */
  readonly timer: () => number
  /** What a worker asks. */
  readonly answersFor: (member: Pick<Member, 'number'>) => Answers<
    Omit<PrimaryCalls, 'join' | 'opened' | 'health'>
  > & {
    readonly join: () => PrimaryCalls['join'][1]
  }
  /** A worker is no more, and how it ended; not told once they are to stop. */
  readonly onEnd: (member: Member, how: WorkerEnd) => void
  readonly timings?: CrewTimings
}

/** Milliseconds. */
export interface CrewTimings {
  /** Between the end of a worker and the next one in its place. */
  readonly backoff: { readonly first: number; readonly most: number }
  /** Who lived so long did not end at once. */
  readonly long: number
  /** How often is looked whether each has said something, and how long one may say nothing. */
  readonly look: number
  readonly silence: number
  /** The same until its ports are open. */
  readonly start: number
}

const TIMINGS: CrewTimings = {
  ...{ backoff: { first: 200, most: 30_000 }, long: 60_000 },
  // A worker that hangs would go on being given connections.
  ...{ look: 1_000, silence: 10_000, start: 120_000 },
}

/** Processes of this same program that serve the same ports. */
export interface Crew {
  /** Starts the first, and once that serves the others. Rejects where one ends before it served; not once stopped. */
  start(): Promise<void>
  readonly members: () => readonly Member[]
  /**
   * Tells them to stop, waits until all have, and ends those that take longer than `patience` ms; at once those
   * that do not serve yet.
   */
  stop(how: StopOrder, patience: number): Promise<void>
}

interface Running {
  readonly member: Member
  readonly kill: () => void
  heardAt: number
  ending: WorkerEnd
}

export function createCrew(options: CrewOptions): Crew {
  const { count, atOnce, fork, log, timer, answersFor, onEnd, timings = TIMINGS } = options
  const running = new Map<number, Running>()
  const failures = new Map<number, number>()
  const pauses = new Set<NodeJS.Timeout>()
  let stopping = false
  let ended: () => void = () => undefined

  /** Resolves once it serves. */
  function launch(number: number): Promise<void> {
    const begin = timer()
    return new Promise((resolve, reject) => {
      const { id, pipe, kill, onEnd: onProcessEnd } = fork()
      const { join, ...answers } = answersFor({ number })
      const channel = createChannel<WorkerCalls, PrimaryCalls>(pipe, {
        ...answers,
        join() {
          member.joined = true
          return join()
        },
        opened(ports) {
          member.ports = ports
          one.heardAt = timer()
          resolve()
          return undefined
        },
        health(parts) {
          member.health = parts
          one.heardAt = timer()
          return undefined
        },
      })
      const member: Member = { number, id, channel, joined: false, health: [], end: kill }
      const one: Running = { member, kill, heardAt: begin, ending: 'exit' }
      running.set(number, one)
      onProcessEnd((how) => {
        running.delete(number)
        channel.close()
        if (stopping) {
          ended()
          return
        }
        onEnd(member, one.ending)
        if (member.ports === undefined) reject(didNotServe(number, how))
        else replace(number, how, timer() - begin)
      })
    })
  }

  function replace(number: number, how: string, lived: number): void {
    const count = lived > timings.long ? 1 : (failures.get(number) ?? 0) + 1
    failures.set(number, count)
    const wait = Math.round(waitAfter(count, timings.backoff, Math.random()))
    log.error(
      { worker: number, how, milliseconds: wait },
      'a worker ended: another takes its place',
    )
    const pause = setTimeout(() => {
      pauses.delete(pause)
      launch(number).then(
        () => {
          log.info({ worker: number }, 'a worker serves in the place of one that ended')
        },
        (error: unknown) => {
          replace(number, messageOf(error), 0)
        },
      )
    }, wait)
    pauses.add(pause)
  }

  let lookedAt = timer()
  function look(): void {
    const now = timer()
    // This process itself was stopped, or too busy to hear them.
    const slept = now - lookedAt > 2 * timings.look
    lookedAt = now
    for (const one of running.values()) {
      if (slept) one.heardAt = now
      const { number, ports } = one.member
      const silence = now - one.heardAt
      if (silence <= (ports === undefined ? timings.start : timings.silence)) continue
      log.error(
        { worker: number, seconds: Math.round(silence / 1000) },
        'a worker hangs: it is ended',
      )
      one.ending = 'silent'
      one.kill()
    }
  }
  const looking = setInterval(look, timings.look)

  return {
    async start() {
      let last = 0
      async function launchNext(): Promise<void> {
        if (last === count || stopping) return
        last += 1
        await launch(last)
      }
      async function launchAll(): Promise<void> {
        while (last < count && !stopping) await launchNext()
      }
      await launchNext()
      await Promise.all(Array.from({ length: atOnce }, launchAll))
    },
    members: () => [...running.values()].map(({ member }) => member),
    async stop(how, patience) {
      stopping = true
      clearInterval(looking)
      pauses.forEach(clearTimeout)
      const all = new Promise<void>((resolve) => {
        ended = () => {
          if (running.size === 0) resolve()
        }
      })
      for (const { member, kill } of running.values()) {
        if (member.ports === undefined) kill()
        else member.channel.tell('stop', how)
      }
      const late = setTimeout(() => {
        for (const { member, kill } of running.values()) {
          log.error({ worker: member.number }, 'a worker does not stop: it is ended')
          kill()
        }
      }, patience)
      if (running.size > 0) await all
      clearTimeout(late)
    },
  }
}

function didNotServe(number: number, how: string): RauthError {
  return new RauthError('ERR_LISTEN', `worker ${number} did not start (${how}): it says why above`)
}
