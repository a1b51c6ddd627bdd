import type { Mapping } from '../../../mapping.ts'
import { microTime } from '../micro-time.ts'

/** The object that an Event is about. */
export interface Regarding {
  readonly apiVersion: string
  readonly kind: string
  /** Undefined: it is in none. Its Events are in `default` then. */
  readonly namespace?: string | undefined
  readonly name: string
  readonly uid?: string | undefined
}

/** What `kubectl describe` and `kubectl events` tell of an object. No secret may be in it: many may read Events. */
export interface ClusterEvent {
  readonly regarding: Regarding
  readonly type: 'Normal' | 'Warning'
  /** Why, for programs: `Rotated`. */
  readonly reason: string
  /** What was done or tried: `Rotate`. */
  readonly action: string
  /** For people. No more than 1,000 characters are told. */
  readonly note: string
}

/** Who tells it. */
export interface Reporter {
  /** A qualified name: `example.com/controller`. */
  readonly controller: string
  /** Which replica. */
  readonly instance: string
}

/** The same thing, told again and again: one Event. Times are milliseconds since the epoch. */
export interface Series {
  readonly event: ClusterEvent
  readonly count: number
  readonly first: number
  readonly last: number
}

const MAX_NOTE = 1_000

/** Longest name of an object, less a dot and what is behind it. */
const MAX_NAME = 253 - 33

export function namespaceOf({ regarding }: ClusterEvent): string {
  return regarding.namespace ?? 'default'
}

/** `unique`: up to 32 letters and digits. */
export function nameFor({ regarding }: ClusterEvent, unique: string): string {
  const name = regarding.name.slice(0, MAX_NAME).replace(/[^a-z0-9]+$/, '')
  return `${name}.${unique}`
}

/** What makes Events one series: all but the note, which may have figures in it. */
export function seriesKey({ regarding, type, reason, action }: ClusterEvent): string {
  return JSON.stringify([objectKey(regarding), type, reason, action])
}

export function objectKey({ apiVersion, kind, namespace, name, uid }: Regarding): string {
  return JSON.stringify([apiVersion, kind, namespace, name, uid])
}

/**
 * An Event of `v1`. It has what `events.k8s.io/v1` has, and beside it the older fields (`count`, `lastTimestamp`)
 * that some tools still sort and count by.
 */
export function eventObject(series: Series, name: string, reporter: Reporter): Mapping {
  const { event, first } = series
  return {
    ...{ apiVersion: 'v1', kind: 'Event' },
    metadata: { name, namespace: namespaceOf(event) },
    involvedObject: event.regarding,
    ...{ type: event.type, reason: event.reason, action: event.action },
    ...{ eventTime: microTime(first), firstTimestamp: time(first) },
    ...{ reportingComponent: reporter.controller, reportingInstance: reporter.instance },
    source: { component: reporter.controller },
    ...progress(series),
  }
}

/** What of it changes when it is told again: a merge patch. */
export function progress({ event, count, last }: Series): Mapping {
  return {
    message: shortened(event.note),
    ...{ count, lastTimestamp: time(last) },
    ...(count > 1 && { series: { count, lastObservedTime: microTime(last) } }),
  }
}

/** Never half a character. */
function shortened(note: string): string {
  if (note.length <= MAX_NOTE) return note
  return `${note.slice(0, MAX_NOTE - 1).replace(/[\uD800-\uDBFF]$/, '')}…`
}

/** `metav1.Time`: whole seconds. */
function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z')
}
