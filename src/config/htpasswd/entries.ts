import { readBcryptCost } from '../../credentials/bcrypt-hash.ts'
import { visible } from '../../printable.ts'
import { Redacted } from '../../redacted.ts'
import { problemsError, type ConfigProblem } from '../problems.ts'

/** A user of an htpasswd file. */
export interface HtpasswdEntry {
  readonly username: string
  /** bcrypt. */
  readonly hash: Redacted<string>
  /** From 1. */
  readonly line: number
}

/** What may stand before the colon, as in the users of rauth. */
const USERNAME = /^[^:\p{C}]{1,255}$/u

/**
 * The users of an htpasswd file as distribution reads it: a line each, blank ones and comments passed over, bcrypt
 * alone. Throws a RauthError that lists each mistake with its line, and quotes no hash.
 */
export function htpasswdEntries(text: string, fileName: string): readonly HtpasswdEntry[] {
  const entries = new Map<string, HtpasswdEntry>()
  const problems: ConfigProblem[] = []
  const lines = text.split('\n').map((line) => line.trim())
  for (const [index, line] of lines.entries()) {
    if (line === '' || line.startsWith('#')) continue
    const read = entryOf(line)
    const before = typeof read === 'string' ? undefined : entries.get(read.username)
    if (typeof read === 'string') {
      problems.push({ where: `${fileName}:${index + 1}`, message: read })
    } else if (before !== undefined) {
      const message = `"${read.username}" is in line ${before.line} already; next: keep one, the registry takes the last`
      problems.push({ where: `${fileName}:${index + 1}`, message })
    } else {
      entries.set(read.username, { ...read, line: index + 1 })
    }
  }
  if (problems.length > 0) throw problemsError(problems)
  if (entries.size === 0) throw problemsError([{ where: fileName, message: 'has no users' }])
  return [...entries.values()]
}

/** A user and the hash, or what is wrong with the line. */
function entryOf(line: string): Omit<HtpasswdEntry, 'line'> | string {
  const colon = line.indexOf(':')
  if (colon === -1) return 'must be USER:HASH, as htpasswd writes it'
  const [username, hash] = [line.slice(0, colon), line.slice(colon + 1)]
  if (!USERNAME.test(username))
    return 'must begin with a user name of 1 to 255 printable characters'
  const cost = readBcryptCost(hash)
  if (typeof cost === 'number') return { username, hash: new Redacted(hash) }
  const name = visible(username)
  return /^\$2[aby]\$/.test(hash)
    ? `the hash of "${name}" ${cost}`
    : `"${name}" has no bcrypt hash, with which no registry ever let anybody in; next: make one with htpasswd -B, or take the line out`
}
