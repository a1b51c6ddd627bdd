import { visible } from '../../printable.ts'
import type { HttpAnswer } from '../http-exchange.ts'
import { json, text, type OperationsRoute } from './route.ts'

/** A part of rauth, as whoever looks after it sees it. */
export interface HealthPart {
  /** Such as `keys` or `listeners.token`. */
  readonly name: string
  /** Whether rauth can do its work as far as this goes; without: always. */
  readonly ready?: () => boolean
  /** What is wrong with it, also while rauth goes on all the same. */
  readonly trouble?: () => string | undefined
}

/** A part as it is at a moment. */
export interface PartState {
  readonly name: string
  readonly ready: boolean
  readonly trouble: string | undefined
}

export function stateOf({ name, ready, trouble }: HealthPart): PartState {
  return { name, ready: ready?.() ?? true, trouble: trouble?.() }
}

/**
 * `/livez`: that it answers says that the event loop turns, and nothing more, since a restart mends nothing
 * else. `/readyz`: whether each part can do its work. With `?verbose` both are lines for people, as those of
 * kube-apiserver are; `?exclude=PART`, which can be repeated, leaves a part out.
 */
export function healthRoutes(parts: () => readonly HealthPart[]): readonly OperationsRoute[] {
  return [
    { path: '/livez', answer: ({ query }) => checked('livez', [{ name: 'event-loop' }], query) },
    { path: '/readyz', answer: ({ query }) => checked('readyz', parts(), query) },
  ]
}

function checked(check: string, parts: readonly HealthPart[], query: URLSearchParams): HttpAnswer {
  const excluded = new Set(query.getAll('exclude'))
  const looked = parts.filter(({ name }) => !excluded.has(name)).map(stateOf)
  const ok = looked.every(({ ready }) => ready)
  const status = ok ? 200 : 503
  if (!query.has('verbose')) {
    const told = looked.filter(({ trouble }) => trouble !== undefined)
    return json(status, {
      status: ok ? 'ok' : 'not ready',
      ...(check === 'readyz' && {
        parts: Object.fromEntries(looked.map(({ name, ready }) => [name, ready])),
      }),
      ...(told.length > 0 && {
        troubles: Object.fromEntries(told.map(({ name, trouble }) => [name, trouble])),
      }),
    })
  }
  const names = new Set(parts.map(({ name }) => name))
  const unknown = [...excluded].filter((name) => !names.has(name))
  const lines = [
    ...parts.map((part) =>
      excluded.has(part.name) ? `[+]${part.name} excluded: ok` : lineOf(stateOf(part)),
    ),
    ...unknown.map(
      (name) => `warn: nothing is excluded by ${visible(name)}: there is no such part`,
    ),
    `${check} check ${ok ? 'passed' : 'failed'}`,
  ]
  return text(status, `${lines.join('\n')}\n`)
}

/** `[!]`: it goes on, and somebody should look at it. */
function lineOf({ name, ready, trouble }: PartState): string {
  const mistakes = trouble?.split('\n').map(visible).join('; ')
  const why = mistakes === undefined ? '' : `: ${mistakes}`
  if (!ready) return `[-]${name} failed${why}`
  return trouble === undefined ? `[+]${name} ok` : `[!]${name} goes on${why}`
}
