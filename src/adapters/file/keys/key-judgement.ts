import { createHash } from 'node:crypto'
import path from 'node:path'
import { RauthError } from '../../../errors.ts'
import { newestFirst, type VerificationKey } from '../../../token/key-set.ts'
import { AUTHORITY, type FoundKey } from './key-certificate.ts'
import type { Ending } from '../expiry-notices.ts'
import type { KeyFolder } from './key-folder.ts'
import type { KeyForm } from './key-form.ts'

/** Keys of a folder, each under the name of its files. */
export type Found<K extends VerificationKey> = ReadonlyMap<string, FoundKey<K>>

export interface Judgement<K extends VerificationKey> {
  readonly found: Found<K>
  readonly problems: readonly string[]
  /** Equal while what is wrong is the same. */
  readonly troubleId: string
}

/** The keys of a folder, with those of before where a pair can't be used now. */
export function judge<K extends VerificationKey>(
  { entries }: KeyFolder<K>,
  before: Found<K>,
): Judgement<K> {
  const found = new Map<string, FoundKey<K>>()
  const names = new Map<string, string>()
  const problems: string[] = []
  const trouble = createHash('sha256')
  for (const { name, fingerprint, found: read } of entries) {
    const usable = read instanceof RauthError ? before.get(name) : read
    const twin = usable && names.get(usable.key.kid)
    if (read instanceof RauthError || twin !== undefined) {
      const same = `${name} is the same key as ${twin ?? ''}: remove the files of one`
      problems.push(read instanceof RauthError ? read.message : same)
      trouble.update(`${name} ${fingerprint}\n`)
    }
    if (usable === undefined || twin !== undefined) continue
    names.set(usable.key.kid, name)
    found.set(name, usable)
  }
  return { found, problems, troubleId: trouble.digest('base64') }
}

/** Those whose certificate has not ended; all of them if all have, which is told elsewhere. */
export function inTime<K extends VerificationKey>(found: Found<K>, at: number): readonly K[] {
  const all = newestFirst([...found.values()].map(({ key }) => key))
  const good = all.filter(({ notAfter }) => at < notAfter)
  return good.length > 0 ? good : all
}

const HARM = 'registries refuse its tokens'

/** What ends last: as long as one certificate is good, an older one may end. */
export function endingsOf<K extends VerificationKey>(
  directory: string,
  found: Found<K>,
  { succession }: KeyForm<K>,
): readonly Ending[] {
  const latest = [...found].sort(([, a], [, b]) => b.key.notAfter - a.key.notAfter)[0]
  if (latest === undefined) return []
  const [name, { key, trustedUntil }] = latest
  const endings = [
    {
      file: path.join(directory, `${name}.crt`),
      notAfter: key.notAfter,
      next: succession(directory),
      harm: HARM,
    },
  ]
  if (trustedUntil === undefined) return endings
  const next = 'make a new CA, and give it to every registry before the keys change'
  const file = path.join(directory, `${AUTHORITY}.crt`)
  return [...endings, { file, notAfter: trustedUntil, next, harm: HARM }]
}
