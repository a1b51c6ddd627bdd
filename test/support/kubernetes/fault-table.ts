import { TIMINGS, type Timings } from '../../../src/adapters/kubernetes/follow/timings.ts'
import { SHORT } from './following.ts'

/**
 * How long a fault lasts, seconds. Set to a minute or more, rauth's own times count in place of those that
 * tests can wait for: see CONTRIBUTING.md.
 */
export const SECONDS = Number(process.env['FAULT_SECONDS'] ?? 5)

/** What only a silence shows must not be found by it where something else should have shown it before. */
export const timings: Timings = SECONDS >= 60 ? TIMINGS : { ...SHORT, silence: 10_000 }

/** Milliseconds from the end of a fault, or from a change, until every answer is right. */
export type Bound = (timings: Timings) => number

/** For the questions themselves, milliseconds. */
const ASKING = 2_000

/** What the docs promise of any change. */
const change: Bound = () => 1_000
/** The next attempt. */
const attempt: Bound = ({ backoff }) => backoff[1] + ASKING
/** The next one after a question that nobody answers. */
const swallowed: Bound = (of) => attempt(of) + of.patience
/** No bookmark came. */
const silence: Bound = (of) => of.silence + ASKING
/** The full list after a watch that broke. */
const list: Bound = (of) => attempt(of) + of.backoff[1] + of.poll

/** What may happen to a cluster, and how long rauth may be wrong after it: the table of docs/kubernetes.md. */
export const FAULTS = {
  'the API server is killed and starts again': attempt,
  'the API server hangs and goes on': swallowed,
  'the API server is away when rauth starts': attempt,
  'the API server asks to be left alone (429, `Retry-After: 1`)': attempt,
  'etcd is killed and starts again': swallowed,
  'etcd is put back to an older state': list,
  'etcd is put back, and more was written since than before': list,
  'the history that the watch goes on from is gone (410)': attempt,
  'connections are reset, again and again': attempt,
  'a connection is reset in the middle of a line': attempt,
  'a connection ends in the middle of a line': attempt,
  'a connection dies without a word': silence,
  'rights are taken away and given back': attempt,
  'the token of rauth ends, and the next one comes late': attempt,
  'Secrets change two hundred times a second': change,
  'a namespace is deleted and made again': change,
  'a Secret is of no use, in seven ways': change,
  'the clock jumps by an hour, forth and back': change,
} satisfies Readonly<Record<string, Bound>>

export type FaultName = keyof typeof FAULTS
