import { setTimeout as sleep } from 'node:timers/promises'
import { createApi } from '../../../src/adapters/kubernetes/api.ts'
import { readClusterAccess } from '../../../src/adapters/kubernetes/cluster-access.ts'
import { createConnection } from '../../../src/adapters/kubernetes/connection.ts'
import { createBootTimer } from '../../../src/adapters/kubernetes/leader/boot-timer.ts'
import { startElection } from '../../../src/adapters/kubernetes/leader/election.ts'
import type { ContenderArguments, ContenderLine } from './contenders.ts'

/**
 * A program that takes part in an election and, while it leads, "writes" all the time: one line for each, with
 * times of the clock that all processes of a machine share.
 */
const given = JSON.parse(process.argv[2] ?? '{}') as ContenderArguments
const now = () => Number(process.hrtime.bigint()) / 1e6
const say = (line: ContenderLine) => process.stdout.write(`${JSON.stringify(line)}\n`)

const clock = () => Date.now() / 1000
const access = { kubeconfig: given.kubeconfig, environment: {}, home: '/', clock }
const connection = createConnection(() => readClusterAccess(access).config)
let term = 0

const election = startElection({
  api: createApi({ connection, userAgent: 'rauth/test', onAnswer: () => undefined }),
  ...{ namespace: 'rauth', name: given.lease, identity: given.identity },
  ...{ timings: given.timings, clock: Date.now, timer: createBootTimer(), random: Math.random },
  async lead({ leading, mayWrite }) {
    term += 1
    while (!leading.aborted) {
      // Before it is asked whether it may: a process that is stopped behind that is told of as having written before.
      const at = now()
      if (mayWrite()) say({ kind: 'write', term, at })
      else say({ kind: 'refused', term, at: now() })
      await sleep(5)
    }
  },
  onChange(change) {
    say({ kind: 'change', ...change, at: now() })
  },
  onTrouble(problem) {
    say({ kind: 'trouble', problem: problem ?? '', at: now() })
  },
})

while (election.leader() === undefined) await sleep(5)
say({ kind: 'looked', at: now() })

process.once('SIGTERM', () => {
  void election.close().then(() => {
    connection.close()
  })
})
