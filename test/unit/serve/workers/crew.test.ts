import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { createChannel, type Channel } from '../../../../src/serve/workers/channel.ts'
import { createCrew, type Crew } from '../../../../src/serve/workers/crew.ts'
import type { PrimaryCalls, WorkerCalls } from '../../../../src/serve/workers/messages.ts'
import { logInto, type LoggedLine } from '../../../support/logged-lines.ts'
import { until } from '../../../support/until.ts'
import { createPipes } from '../../../support/workers/pipes.ts'

/** Faults that no real process shows when it is asked to. */
interface Process {
  readonly primary: Channel<PrimaryCalls>
  readonly told: string[]
  end(how: string): void
}

const TIMINGS = {
  ...{ backoff: { first: 1, most: 4 }, long: 60_000 },
  // What comes twice as late as this is no silence: a machine that is late now and then must not hide one.
  ...{ look: 40, silence: 150, start: 400 },
}
const PATIENCE = 20_000

describe('a crew of workers', () => {
  let processes: Process[]
  let lines: LoggedLine[]
  let ended: string[]
  let crew: Crew
  let count: number
  /** What each process does at once. */
  let life: (process: Process) => void
  beforeEach(() => {
    ;[processes, lines, ended] = [[], [], []]
    life = serves
    count = 2
    crew = open()
  })
  const open = () =>
    createCrew({
      ...{ count, atOnce: 2, log: logInto(lines), timer: () => performance.now() },
      timings: TIMINGS,
      fork: () =>
        forkInto(processes, (one) => {
          life(one)
        }),
      answersFor: ({ number }) => ({
        join: () => ({
          ...{
            worker: number,
            workers: 2,
            debug: false,
            credentials: undefined,
            documents: new Map(),
          },
          ...{ hasherKey: new Uint8Array(32), config: { first: '', latest: '' } },
        }),
        take: () => 0,
        giveBack: () => undefined,
        decisions: () => undefined,
      }),
      onEnd({ number }, how) {
        ended.push(`${number} ${how}`)
      },
    })
  afterEach(() => crew.stop('at once', 0))

  const numbers = () =>
    crew
      .members()
      .filter(({ ports }) => ports !== undefined)
      .map(({ number }) => number)
      .sort()

  it('serves once all do, the first one first', async () => {
    const serving: (readonly number[])[] = []
    life = (one) => {
      serving.push(numbers())
      serves(one)
    }
    await crew.start()
    assert.deepEqual([...serving, numbers()], [[], [1], [1, 2]])
  })

  /** Ends the two that one makes first. */
  async function reopen(workers: number): Promise<void> {
    await crew.stop('at once', 0)
    count = workers
    crew = open()
  }

  it('starts so many at a time and no more', async () => {
    await reopen(6)
    const underWay: number[] = []
    life = (one) => {
      underWay.push(processes.length - numbers().length)
      serves(one)
    }
    await crew.start()
    assert.deepEqual(numbers(), [1, 2, 3, 4, 5, 6])
    assert.ok(Math.max(...underWay) <= 2, underWay.join())
  })

  it('can be stopped while it starts: those that do not serve yet end at once, and none follows', async () => {
    await reopen(6)
    life = (one) => {
      if (processes.length === 1) serves(one)
    }
    void crew.start()
    await until('the next are under way', PATIENCE, () => processes.length === 3)
    const [one, two] = processes
    // It comes when they are to stop.
    two?.primary.tell('opened', { token: 1 })
    const stopped = crew.stop('at once', PATIENCE)
    await until('who serves is told', PATIENCE, () => one?.told[0] === 'stop at once')
    one?.end('exit code 0')
    await stopped
    assert.deepEqual(
      processes.map(({ told }) => told.join()),
      ['stop at once', 'SIGKILL', 'SIGKILL'],
    )
    assert.deepEqual([ended, crew.members()], [[], []])
  })

  it('does not start where one can not', async () => {
    life = (one) => {
      one.end('exit code 1')
    }
    await assert.rejects(crew.start(), {
      code: 'ERR_LISTEN',
      message: 'worker 1 did not start (exit code 1): it says why above',
    })
    assert.equal(processes.length, 1)
  })

  it('puts another in the place of one that ends, waiting longer each time', async () => {
    await crew.start()
    let begun = 0
    life = (one) => {
      begun += 1
      if (begun < 4) one.end('exit code 1')
      else serves(one)
    }
    processes[1]?.end('signal SIGKILL')
    await until('it is replaced', PATIENCE, () => ended.length === 4 && numbers().length === 2)
    assert.deepEqual(ended, ['2 exit', '2 exit', '2 exit', '2 exit'])
    const waits = lines
      .filter(({ message }) => message === 'a worker ended: another takes its place')
      .map(({ fields }) => Number(fields['milliseconds']))
    assert.equal(waits.length, 4)
    assert.ok(waits.every((wait, index) => wait >= Math.min(4, 2 ** index) / 2 - 0.5 && wait <= 4))
    assert.equal(lines.at(-1)?.message, 'a worker serves in the place of one that ended')
  })

  it('ends one that says nothing, and leaves those that do', async () => {
    await crew.start()
    const [one, two] = processes
    const alive = setInterval(() => one?.primary.tell('health', []), 20)
    try {
      life = (next) => {
        serves(next)
        const beats = setInterval(() => {
          next.primary.tell('health', [])
        }, 20)
        beats.unref()
      }
      await until('the silent one is replaced', PATIENCE, () => processes.length === 3)
      await until('it serves', PATIENCE, () => numbers().length === 2)
      assert.deepEqual(ended, ['2 silent'])
      assert.deepEqual([one?.told, two?.told], [[], ['SIGKILL']])
    } finally {
      clearInterval(alive)
    }
  })

  it('stops all, by force those that do not, and starts none after that', async () => {
    await crew.start()
    const [one, two] = processes
    const stopped = crew.stop('after drainDelay', 50)
    await until('both are told', PATIENCE, () => one?.told[0] === 'stop after drainDelay')
    one?.end('exit code 0')
    await stopped
    assert.deepEqual(two?.told, ['stop after drainDelay', 'SIGKILL'])
    assert.deepEqual([ended, crew.members(), processes.length], [[], [], 2])
  })
})

function serves({ primary }: Process): void {
  void primary.ask('join', undefined).then(() => {
    primary.tell('opened', { token: 1 })
  })
}

function forkInto(processes: Process[], live: (one: Process) => void) {
  const [here, there] = createPipes()
  const told: string[] = []
  let tellEnd: (how: string) => void = () => undefined
  let isOver = false
  const end = (how: string) => {
    if (isOver) return
    isOver = true
    setImmediate(() => {
      tellEnd(how)
    })
  }
  const note = (word: string) => {
    told.push(word)
    return undefined
  }
  const primary = createChannel<PrimaryCalls, WorkerCalls>(there, {
    stop: (how) => {
      note(`stop ${how}`)
    },
    ...{ credentials: () => undefined, prepare: () => undefined, commit: () => undefined },
    ...{ abandon: () => undefined, hangUp: () => undefined, toggleDebug: () => undefined },
    ...{ metrics: () => [], decision: () => undefined },
  })
  const one = { primary, told, end }
  processes.push(one)
  setImmediate(() => {
    live(one)
  })
  return {
    ...{ id: processes.length, pipe: here },
    kill() {
      note('SIGKILL')
      end('signal SIGKILL')
    },
    onEnd(take: (how: string) => void) {
      tellEnd = take
    },
  }
}
