import { stateOf, type HealthPart } from '../../adapters/ops/health.ts'
import { RauthError } from '../../errors.ts'
import type { Common } from '../common.ts'
import type { OpenCredentials } from '../identity/credentials.ts'
import type { Serving } from '../serving.ts'
import type { Shared } from '../shared.ts'
import { createChannel, type Channel } from './channel.ts'
import { createFedCredentials, type FedCredentials } from './fed-credentials.ts'
import type { Joined, PrimaryCalls, StopOrder, WorkerCalls } from './messages.ts'
import { createRemoteFailures } from './remote-failures.ts'
import { createWatchedDecisions } from './watched-decisions.ts'

/** How often is looked whether a part of this process has changed, milliseconds. */
const LOOK = 250

/** How often it is told at least: the primary process ends who says nothing. */
const SIGN_OF_LIFE = 1_000

/** The primary process may be busy with starting others, milliseconds. */
const JOINING = 30_000

/** What the primary process asks of its worker, once it decides. */
export interface Worker {
  readonly common: Pick<Common, 'metrics' | 'decisions' | 'logs'>
  readonly readAgain: Serving['readAgain']
  /** Puts a text in its place, as {@link Serving.prepare}. */
  readonly prepare: (text: string) => ReturnType<Serving['prepare']>
}

/** The process that this one is a worker of. */
export interface PrimaryLink {
  readonly joined: Omit<Joined, 'credentials' | 'hasherKey' | 'documents'>
  readonly hasherKey: Buffer
  readonly shared: Shared
  /** Resolves once all are to stop, with how. */
  readonly stopped: Promise<StopOrder>
  /** From now on it can be asked. */
  follow(worker: Worker): void
  /** It serves on these ports, and these are its parts. */
  serves(ports: Readonly<Record<string, number>>, health: () => readonly HealthPart[]): void
}

/** Joins the primary process. Only in a worker. */
export async function joinPrimary(): Promise<PrimaryLink> {
  const [worker, follow] = later<Worker>()
  const [stopped, stop] = later<StopOrder>()
  const [fed, feed] = later<FedCredentials | undefined>()
  let prepared: Awaited<ReturnType<Worker['prepare']>> | undefined
  let asked = 0
  /** What was asked for before is not put in force any more, though it may still be read. */
  function forget(): number {
    prepared?.drop()
    prepared = undefined
    asked += 1
    return asked
  }
  const primary = createChannel<PrimaryCalls, WorkerCalls>(
    {
      send: (message) => process.send?.(message, undefined, undefined, () => undefined),
      onMessage: (take) => void process.on('message', take),
    },
    {
      async credentials(changes) {
        // It may come together with the first of them.
        ;(await fed)?.take(changes)
        return undefined
      },
      async prepare(text) {
        const own = forget()
        const { prepare } = await worker
        const made = await prepare(text)
        if (own !== asked) {
          made.drop()
          throw new Error('another configuration was asked for meanwhile')
        }
        prepared = made
        return undefined
      },
      commit() {
        prepared?.take()
        prepared = undefined
        return undefined
      },
      abandon() {
        forget()
        return undefined
      },
      async hangUp() {
        const { common, readAgain } = await worker
        common.logs.reopen()
        readAgain()
        return undefined
      },
      async toggleDebug() {
        ;(await worker).common.logs.toggleDebug()
        return undefined
      },
      stop(how) {
        stop(how)
        return undefined
      },
      metrics: async () => (await worker).common.metrics.snapshot(),
      async decision(id) {
        const found = (await worker).common.decisions.find(id)
        // As whoever asks is told it: what can't be written can't be sent either.
        return found && (JSON.parse(JSON.stringify(found)) as object)
      },
    },
  )
  const { credentials, hasherKey, documents, ...joined } = await primary.ask('join', undefined, {
    patience: JOINING,
  })
  const known = credentials && createFedCredentials(credentials, () => performance.now())
  feed(known)
  return {
    ...{ joined, stopped, follow, hasherKey: Buffer.from(hasherKey) },
    shared: {
      worker: joined.worker,
      credentials: () => openFed(known),
      documents,
      failures: (guessing, own) => createRemoteFailures(primary, guessing, own),
      watched: createWatchedDecisions(primary),
    },
    serves(ports, health) {
      tellHealth(primary, health)
      primary.tell('opened', ports)
    },
  }
}

/** A worker reads no Secrets of its own, whatever it was told. */
function openFed(fed: FedCredentials | undefined): OpenCredentials {
  if (fed === undefined) {
    throw new RauthError(
      'ERR_CREDENTIALS_UNREADABLE',
      'the primary process follows no Secrets, and this configuration has them; next: restart rauth',
    )
  }
  return {
    ...fed,
    // Nobody asks a worker for all of them.
    ...{ all: () => [], revision: () => undefined, listed: () => [], close: () => undefined },
  }
}

function tellHealth(primary: Channel<PrimaryCalls>, health: () => readonly HealthPart[]): void {
  let told = ''
  let toldAt = -Infinity
  function look(): void {
    const parts = health().map(stateOf)
    const text = JSON.stringify(parts)
    const now = performance.now()
    if (text === told && now - toldAt < SIGN_OF_LIFE) return
    primary.tell('health', parts)
    told = text
    toldAt = now
  }
  look()
  setInterval(look, LOOK).unref()
}

function later<T>(): readonly [Promise<T>, (value: T) => void] {
  let resolve: (value: T) => void = () => undefined
  const promise = new Promise<T>((given) => (resolve = given))
  return [promise, resolve]
}
