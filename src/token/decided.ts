import type { Access } from '../registry/access.ts'
import { list, MAX_ACTIONS, text } from './payload.ts'

/** Of each resource of an access, in its order, the actions that are in another one. */
export function formatDecided(access: Access, decided: Access): readonly (readonly string[])[] {
  return access.map(({ type, name, actions }) => {
    const same = decided.find((one) => one.type === type && one.name === name)
    return actions.filter((action) => same?.actions.includes(action) === true)
  })
}

/** Parsed, never cast: exactly what {@link formatDecided} makes of anything; nothing at all is left out. */
export function parseDecided(value: unknown, access: Access): Access | undefined {
  const lists = list(value, access.length, (one) => list(one, MAX_ACTIONS, text))
  const decided = access.flatMap(({ type, name }, i) => {
    const actions = lists?.[i] ?? []
    return actions.length === 0 ? [] : [{ type, name, actions }]
  })
  const isExact = JSON.stringify(lists) === JSON.stringify(formatDecided(access, decided))
  return isExact && decided.length > 0 ? decided : undefined
}
