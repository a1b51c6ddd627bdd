import { createHmac } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import type { Credential } from '../../../credentials/credential.ts'
import {
  readSecret,
  type SecretOptions,
  type SecretReading,
} from '../../../credentials/secret/secret-format.ts'
import { codeOf } from '../../../errors.ts'
import { OddFile, readIdentifiedFile, type IdentifiedFile } from '../small-file.ts'
import { droppedOf, withKeptLimits } from './kept-limits.ts'
import { readManifests } from './manifest-file.ts'

/**
 * Files that are open at a time: half of the threads that read files, so that a file system that hangs
 * does not take keys and logins with it.
 */
const AT_ONCE = 2

/** Failures of this machine rather than of one file: they tell nothing about what is in it. */
const SHORTAGES: readonly string[] = ['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'EIO']

const LINE_FEED = 0x0a
const BRACE = 0x7b

type Reading = Exclude<SecretReading, { kind: 'ignored' }>

export interface SecretFile {
  /** Equal for two reads that found the same. */
  readonly fingerprint: string
  /** In which file it was found last, the only thing here that changes; `undefined`: it was never read. */
  identity: string | undefined
  /** Without the ignored ones. */
  readonly readings: readonly Reading[]
  /**
   * Credentials that this very file had and has no more, as it said them last: one that is written slowly loses an
   * entry for a while, and must not bring it back without what limited it.
   */
  readonly dropped: readonly Credential[]
  /** How many manifests are of other kinds or names. */
  readonly ignored: number
  /** Names of those that are nearly what they should be called. */
  readonly slips: readonly string[]
  /** Namespaces that the readings name, as often as they do. */
  readonly namespaces: readonly string[]
  /** Whether its last line has an end, or had one when the file was written whole. */
  readonly hasLineEnd: boolean
  /** Namespaces that the file spoke for before it had a part that can't be read. */
  readonly lost: readonly string[]
}

/** Files of a directory by name, in the order of their names. */
export type SecretFiles = ReadonlyMap<string, SecretFile>

/**
 * The Secret manifests of a directory: of each `*.yaml`, `*.yml` and `*.json` right in it, links
 * followed, dot files left out (the kubelet's `..data`). Returns `previous` itself when nothing
 * changed; throws when the directory can't be read.
 */
export async function readSecretFiles(
  directory: string,
  previous: SecretFiles | undefined,
  options: SecretOptions,
): Promise<SecretFiles> {
  const names = (await readdir(directory)).filter((name) => /^[^.].*\.(?:ya?ml|json)$/.test(name))
  names.sort()
  const files = new Map<string, SecretFile>()
  for (let i = 0; i < names.length; i += AT_ONCE) {
    const batch = names.slice(i, i + AT_ONCE).map(async (name) => {
      const content = await readContent(path.join(directory, name))
      return [name, secretFileOf(content, previous?.get(name), options)] as const
    })
    for (const [name, file] of await Promise.all(batch)) files.set(name, file)
  }
  const same =
    files.size === previous?.size && names.every((name) => files.get(name) === previous.get(name))
  return same ? previous : files
}

const REMEDIES = { irregular: 'remove it or give it another ending', large: 'split it' } as const

/** What is in a file, or why nothing is. */
async function readContent(file: string): Promise<IdentifiedFile | string> {
  try {
    return await readIdentifiedFile(file)
  } catch (error) {
    if (error instanceof OddFile) return `${error.message}: ${REMEDIES[error.kind]}`
    const code = codeOf(error)
    if (code === undefined || SHORTAGES.includes(code)) throw error
    return `cannot be read (${code}): check the file and its rights`
  }
}

/** What is in a file, beside what it was when it was read before. */
export function secretFileOf(
  found: IdentifiedFile | string,
  previous: SecretFile | undefined,
  options: SecretOptions,
): SecretFile {
  const { content, identity } =
    typeof found === 'string' ? { content: found, identity: undefined } : found
  // Keyed, as all that is kept of a password: a plain hash of the file could be searched with guesses.
  const fingerprint = createHmac('sha256', options.bindingKey)
    .update(typeof content === 'string' ? 'failed ' : 'read ')
    .update(content)
    .digest('base64')
  if (previous?.fingerprint === fingerprint) {
    previous.identity = identity ?? previous.identity
    return previous
  }

  const manifests =
    typeof content === 'string'
      ? [{ ok: false, problem: content } as const]
      : readManifests(content)
  const all = manifests.map((reading): SecretReading =>
    reading.ok
      ? readSecret(reading.manifest, options)
      : { kind: 'problem', problem: reading.problem },
  )
  const ours = all.filter((reading) => reading.kind !== 'ignored')
  const hasLineEnd = typeof content !== 'string' && content.at(-1) === LINE_FEED
  // JSON that is cut is none.
  const isJson = content[0] === BRACE
  const isCut = !hasLineEnd && !isJson && previous?.hasLineEnd === true
  const whole = isCut ? withoutLast(ours) : ours
  // One that was put in the place of another is no half of it.
  const isOther =
    identity !== undefined && previous?.identity !== undefined && previous.identity !== identity
  const known = isOther ? [] : (previous?.readings ?? [])
  const gone = isOther ? [] : (previous?.dropped ?? [])
  const readings = isJson ? whole : withKeptLimits(whole, known, gone)
  const namespaces = readings.flatMap(({ namespace }) => namespace ?? [])
  const before = [...(previous?.namespaces ?? []), ...(previous?.lost ?? [])]
  const unnamed = readings.some(
    (reading) => reading.kind === 'problem' && reading.namespace === undefined,
  )
  const lost = before.filter(
    (namespace, i) => before.indexOf(namespace) === i && !namespaces.includes(namespace),
  )
  const ignored = all.length - readings.length
  const slips = all.flatMap((reading) => (reading.kind === 'ignored' ? (reading.slip ?? []) : []))
  return {
    ...{ fingerprint, identity: identity ?? previous?.identity },
    readings,
    dropped: droppedOf(readings, known, gone),
    ignored,
    slips,
    namespaces,
    lost: unnamed ? lost : [],
    hasLineEnd: hasLineEnd || isCut,
  }
}

/** The last one may be half of what it should be: its password, too. */
function withoutLast(readings: SecretFile['readings']): SecretFile['readings'] {
  const last = readings.at(-1)
  if (last?.kind !== 'credentials') return readings
  const problem =
    'the file ends in the middle of a line: end it with a line feed if this is all of it'
  return [...readings.slice(0, -1), { kind: 'problem', namespace: last.namespace, problem }]
}
