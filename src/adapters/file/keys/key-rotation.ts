import path from 'node:path'
import { RauthError } from '../../../errors.ts'
import type { Algorithm } from '../../../token/algorithms.ts'
import { newestFirst } from '../../../token/key-set.ts'
import { endOf } from '../certificates.ts'
import { unreadable } from '../unreadable.ts'
import { AUTHORITY } from './key-certificate.ts'
import { keysOf, readKeyFolder } from './key-folder.ts'
import { makeNextKey } from './key-maker.ts'
import { KEY_PAIRS } from './key-pair.ts'
import { initHint, notMade } from './key-problem.ts'

export interface RotateOptions {
  readonly directory: string
  readonly now: Date
  /** Of the new key; else that of the newest key there. */
  readonly algorithm?: Algorithm
  /** Lifetime of the new key's certificate. */
  readonly days?: number
  /** Of its name, where others may make one in the same second. */
  readonly suffix?: string
}

/**
 * Makes the next signing key under the folder's CA; returns its files. Its certificate begins now, so
 * whoever reads the folder publishes it at once and signs with it later (createKeySet). Its name has
 * the moment in it, so that names sort as keys follow one another. Nothing else is touched: the keys
 * of before verify on.
 */
export async function rotateKeys(options: RotateOptions): Promise<readonly string[]> {
  const { directory, now } = options
  const folder = await readKeyFolder(directory, KEY_PAIRS)
  const newest = newestFirst(keysOf(folder).map(({ key }) => key))[0]
  const algorithm = options.algorithm ?? newest?.algorithm
  if (algorithm === undefined) {
    throw unreadable(directory, 'has no signing key to follow', initHint(directory))
  }
  const end = Math.max(...folder.authorities.map(endOf))
  if (end <= now.getTime() / 1000) {
    throw unreadable(
      path.join(directory, `${AUTHORITY}.crt`),
      'is out of its time: no registry trusts what it signs',
      'make new keys in an empty folder, and give the new ca.crt to the registries',
    )
  }
  const stamp = now.toISOString().replace(/[-:]|\.\d+/g, '')
  const name = ['signing', stamp, ...(options.suffix === undefined ? [] : [options.suffix])].join(
    '-',
  )
  try {
    const { days } = options
    return await makeNextKey(name, {
      ...{ directory, algorithm, now },
      ...(days === undefined ? {} : { days }),
    })
  } catch (cause) {
    if (cause instanceof RauthError) throw cause
    throw notMade(directory, cause)
  }
}
