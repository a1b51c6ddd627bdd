import { isSlip } from '../../nearest.ts'
import { visible } from '../../printable.ts'

/**
 * The word among these that must be meant as `known`: in other case, with dashes, or with a letter wrong.
 * It is so near that it may be told, though it stands where a password could stand by mistake.
 */
export function nearMiss(words: readonly string[], known: string): string | undefined {
  const meant = plain(known)
  const found = words.find((word) => {
    const one = plain(word)
    return word !== known && (one === meant || isSlip(one, meant))
  })
  return found === undefined ? undefined : visible(found)
}

/** What to say of it behind what is missing; nothing where there is none. */
export function isItThis(words: readonly string[], known: string): string {
  const found = nearMiss(words, known)
  return found === undefined ? '' : `, and "${found}" must be meant for it: spell it ${known}`
}

/** A word as it is compared: without case, dashes, underscores and dots. */
export function plain(word: string): string {
  return word.toLowerCase().replaceAll(/[-_.]/g, '')
}
