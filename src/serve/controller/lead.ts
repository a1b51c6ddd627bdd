import { randomUUID } from 'node:crypto'
import os from 'node:os'
import { createBootTimer } from '../../adapters/kubernetes/leader/boot-timer.ts'
import { startElection } from '../../adapters/kubernetes/leader/election.ts'
import { ELECTION_TIMINGS } from '../../adapters/kubernetes/leader/timings.ts'
import { ownNamespace } from '../../adapters/kubernetes/own-namespace.ts'
import { noLeader } from './no-leader.ts'
import type { Parts } from './parts.ts'
import type { Term } from './worker.ts'

/** Where the Lease is, outside of a pod. */
const USUAL_NAMESPACE = 'rauth'

/** Whoever leads, works. */
export interface Lead {
  isLeading(): boolean
  /** What is wrong when nobody leads, this replica or another. */
  trouble(): string | undefined
  /** Ends what is under way; another replica leads at once. */
  close(): Promise<void>
}

/** One of several replicas works, by a Lease; the others wait until it is free. */
export function electLeader(
  { config, cluster, log }: Parts,
  work: (term: Term) => Promise<void>,
): Lead {
  const { lease } = config.controller
  const namespace = lease.namespace ?? ownNamespace({ environment: process.env }) ?? USUAL_NAMESPACE
  const fields = { lease: `${namespace}/${lease.name}` }
  let problem: string | undefined
  const election = startElection({
    ...{ api: cluster.api, namespace, name: lease.name, timings: ELECTION_TIMINGS },
    identity: `${os.hostname()}_${randomUUID()}`,
    ...{ clock: () => Date.now(), timer: createBootTimer(), random: Math.random },
    lead: ({ leading, mayWrite }) => work({ signal: leading, mayWrite }),
    onChange(change) {
      if (change.leading) log.info(fields, 'leads: this replica writes')
      else log.info({ ...fields, why: change.why }, 'leads no more: this replica writes nothing')
    },
    onTrouble(told) {
      problem = told
      if (told === undefined) log.info(fields, 'the Lease can be used again')
      else log.warn({ ...fields, error: told }, 'the Lease cannot be used at the moment')
    },
  })
  return {
    isLeading: () => election.isLeading(),
    trouble: () =>
      noLeader({
        ...{ ...fields, problem, silence: election.silence(), leader: election.leader() },
      }),
    close: () => election.close(),
  }
}

/** Nothing is written, so any number may do it. */
export function leadAlone(work: (term: Term) => Promise<void>): Lead {
  const stop = new AbortController()
  const working = work({ signal: stop.signal, mayWrite: () => false })
  return {
    isLeading: () => true,
    trouble: () => undefined,
    async close() {
      stop.abort()
      await working
    },
  }
}
