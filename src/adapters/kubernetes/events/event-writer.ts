import type { Api } from '../api.ts'
import { ApiRefusal } from '../api-refusal.ts'
import { eventObject, nameFor, namespaceOf, progress, type Reporter } from './cluster-event.ts'
import type { Recorded } from './series-memory.ts'

export interface EventWriterOptions extends Reporter {
  readonly api: Api
  /** Longest time until the API server begins to answer, milliseconds. */
  readonly patience: number
  /** Up to 32 letters and digits that nobody else has. */
  readonly unique: () => string
}

/** Brings the API server's Event of a series to where the series is. Rejects with what the API client rejects with. */
export type EventWriter = (one: Recorded, signal: AbortSignal) => Promise<void>

export function createEventWriter(options: EventWriterOptions): EventWriter {
  const { api, patience, unique } = options
  return async (one, signal) => {
    const path = `/api/v1/namespaces/${namespaceOf(one.series.event)}/events`
    if (one.isMade) {
      try {
        const contentType = 'application/merge-patch+json'
        const body = progress(one.series)
        await api.send('PATCH', `${path}/${one.name}`, { body, contentType, signal, patience })
        return
      } catch (error) {
        if (!isRefused(error, 404)) throw error
        // The API server forgets Events after a while.
        one.isMade = false
        one.name = undefined
      }
    }
    one.name ??= nameFor(one.series.event, unique())
    const body = eventObject(one.series, one.name, options)
    try {
      await api.send('POST', path, { body, signal, patience })
    } catch (error) {
      // An answer was lost.
      if (!isRefused(error, 409)) throw error
    }
    one.isMade = true
  }
}

function isRefused(error: unknown, status: number): boolean {
  return error instanceof ApiRefusal && error.status === status
}

/** The namespace is going, or gone: nobody will read it. */
export function isGone(error: unknown): boolean {
  if (!(error instanceof ApiRefusal)) return false
  return error.status === 404 || (error.status === 403 && /being terminated/.test(error.message))
}

/**
 * It would be refused again, as where a quota is full. A right that is missing may come: an API server that has just
 * started knows no account and no role yet.
 */
export function isFinal(error: unknown): boolean {
  if (!(error instanceof ApiRefusal) || error.status >= 500 || error.status === 429) return false
  if (error.status === 401) return false
  return error.status !== 403 || /exceeded quota/.test(error.message)
}
