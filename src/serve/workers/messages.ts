import type { PartState } from '../../adapters/ops/health.ts'
import type { MetricsSnapshot } from '../../adapters/ops/metrics.ts'
import type { Credential } from '../../credentials/credential.ts'
import type { FailureSource } from '../../credentials/guessing.ts'
import type { DecisionEvent } from '../../event.ts'
import type { GuessingNumbers } from '../shared.ts'

/** What a worker asks of the primary process: question and answer, by name. Sent by structured clone. */
export type PrimaryCalls = {
  /** The first word of a worker. */
  join: [undefined, Joined]
  /** Its ports are open. */
  opened: [Readonly<Record<string, number>>, undefined]
  /** How its parts are: whenever that changes, and once a second as a sign of life. */
  health: [readonly PartState[], undefined]
  /** As of a FailureCounter. */
  take: [CountedFailure, number]
  giveBack: [CountedFailure, undefined]
  /** For the live view: those since the last, without how the policy came to them. */
  decisions: [readonly ToldDecision[], undefined]
}

/** What the primary process asks of a worker. */
export type WorkerCalls = {
  /** What became of the credentials; also a sign of life. */
  credentials: [CredentialChanges, undefined]
  /** Makes ready what a text of the configuration asks for; fails where it can't be had. */
  prepare: [string, undefined]
  /** Puts in force what was made ready last, or forgets it. */
  commit: [undefined, undefined]
  abandon: [undefined, undefined]
  /** What the primary process was asked by a signal: to read and open files again, or for a log of all there is. */
  hangUp: [undefined, undefined]
  toggleDebug: [undefined, undefined]
  /** End what is under way, and then yourself. */
  stop: [StopOrder, undefined]
  metrics: [undefined, MetricsSnapshot]
  /** A decision by its id, as the operations port tells it. */
  decision: [string, object | undefined]
}

/** Whether the ports close at once, as where nobody was told of them, or after `drainDelay`. */
export type StopOrder = 'at once' | 'after drainDelay'

/** What makes a worker one of several that serve as one. */
export interface Joined {
  /** 1 and more: it stands in the log. */
  readonly worker: number
  readonly workers: number
  readonly config: ConfigTexts
  /** Passwords are compared by hashes under this key. */
  readonly hasherKey: Uint8Array
  /** `undefined`: no source of Secrets is configured. */
  readonly credentials: CredentialChanges | undefined
  /** The texts in force of the policy and of users, by their files: what is half of one is no more to who comes later. */
  readonly documents: ReadonlyMap<string, string>
  /** Whether all there is is logged for now. */
  readonly debug: boolean
}

/** The configuration of all processes: that with which they began, and over it what can change at run time. */
export interface ConfigTexts {
  readonly first: string
  readonly latest: string
}

export interface CredentialChanges {
  readonly ready: boolean
  /** Of namespaces whose Secret can't be used, what is to be recorded; not there: as it was told last. */
  readonly unusable?: ReadonlyMap<string, string>
  /** All credentials of each id that has others than before, without those of which there are none. */
  readonly changed: readonly (readonly [id: string, credentials: readonly SentCredential[]])[]
}

/** A Credential whose hash is spelt out: never but in the pipe between two processes. */
export interface SentCredential extends Omit<Credential, 'secret'> {
  readonly secret:
    | { readonly kind: 'keyed'; readonly hash: Uint8Array }
    | { readonly kind: 'bcrypt'; readonly hash: string; readonly cost: number }
}

export interface CountedFailure {
  /** Those of whoever counts: a worker may have them a moment earlier than another. */
  readonly guessing: GuessingNumbers
  readonly source: FailureSource
}

/** What of an event can be sent. */
export type ToldDecision = Omit<DecisionEvent, 'why'>
