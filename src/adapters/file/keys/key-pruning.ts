import { rm } from 'node:fs/promises'
import path from 'node:path'
import { messageOf, RauthError } from '../../../errors.ts'
import type { SigningKey } from '../../../token/key-set.ts'
import { keyTimelines, type KeyTimeline, type KeyTimes } from '../../../token/key-timeline.ts'
import { keysOf, readKeyFolder, type KeyFolder } from './key-folder.ts'
import { KEY_PAIRS } from './key-pair.ts'

export interface PrunedKeys {
  readonly removed: readonly string[]
  /** What stays, and when it may go if it is known. */
  readonly kept: readonly { readonly file: string; readonly until?: number }[]
}

/**
 * Removes the keys that no living token can have been signed with, and those whose certificate has
 * ended while there is another. Never the one that signs, nor one that waits.
 */
export async function pruneKeys(
  directory: string,
  now: Date,
  times: KeyTimes,
): Promise<PrunedKeys> {
  const removed: string[] = []
  const kept: { readonly file: string; readonly until?: number }[] = []
  for (const { name, timeline } of datedKeys(
    await readKeyFolder(directory, KEY_PAIRS),
    now,
    times,
  )) {
    const files = ['key', 'crt'].map((end) => path.join(directory, `${name}.${end}`))
    const { state, neededUntil, signs } = timeline
    if (!signs && (state === 'over' || state === 'expired')) {
      // The key first: what is left of a pair then is no key any more.
      for (const file of files) await remove(file)
      removed.push(...files)
    } else {
      const [file = ''] = files
      kept.push({ file, ...(neededUntil !== undefined && { until: neededUntil }) })
    }
  }
  return { removed, kept }
}

export interface DatedKey {
  /** Of the pair. */
  readonly name: string
  readonly timeline: KeyTimeline
}

/** The good keys of a folder with what they are at a moment, the newest first. */
export function datedKeys(
  folder: KeyFolder<SigningKey>,
  now: Date,
  times: KeyTimes,
): readonly DatedKey[] {
  const keys = keysOf(folder)
  const timelines = keyTimelines(
    keys.map(({ key }) => key),
    now.getTime() / 1000,
    times,
  )
  return timelines.map((timeline) => ({
    name: keys.find(({ key }) => key === timeline.key)?.name ?? '',
    timeline,
  }))
}

async function remove(file: string): Promise<void> {
  try {
    await rm(file)
  } catch (cause) {
    throw new RauthError(
      'ERR_KEYS_UNREADABLE',
      `${file} cannot be removed: ${messageOf(cause)}; a mounted Secret is changed where it comes from`,
      { cause },
    )
  }
}
