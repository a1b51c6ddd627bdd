import { createSecretKey, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { createFileSecretStore } from '../../adapters/file/secrets/secret-store.ts'
import { readTlsPair } from '../../adapters/file/tls/tls-pair.ts'
import type { Clock } from '../../clock.ts'
import type { Config } from '../../config/schema.ts'
import { tlsFilesOf, type TlsListener } from '../../config/tls.ts'
import { createPasswordHasher } from '../../credentials/password.ts'
import type { Log } from '../../log.ts'
import { readKeys } from '../asking/offline.ts'

/**
 * Reads the keys, the TLS files and the Secrets that are here as `rauth serve` does. Throws what that would
 * refuse; returns what it would only log.
 */
export async function readServedFiles(
  config: Config,
  listeners: readonly TlsListener[],
  clock: Clock,
): Promise<readonly string[]> {
  if (keyFilesOf(config).every(existsSync)) await readKeys(config)
  for (const listener of listeners) {
    const files = tlsFilesOf(config, listener)
    if (files === undefined || !Object.values(files).every(existsSync)) continue
    await readTlsPair(files, clock())
  }
  return readSecrets(config, clock)
}

function keyFilesOf({ keys }: Config): readonly string[] {
  const { directory, certificate, key, bindingKey } = keys
  return certificate === undefined || key === undefined
    ? [directory]
    : [certificate, key, ...(bindingKey === undefined ? [] : [bindingKey])]
}

/** What serve says of the Secrets in a directory when it starts. */
async function readSecrets(
  { credentials, identity, secretName }: Config,
  clock: Clock,
): Promise<string[]> {
  const isAsked = identity.some(({ secrets }) => secrets !== undefined)
  if (!isAsked || credentials.source !== 'directory' || !existsSync(credentials.directory)) {
    return []
  }
  const notes: string[] = []
  const note = (fields: object, message: string) => {
    notes.push(noteLine(fields, message))
  }
  const log: Log = { info: () => undefined, warn: note, error: note }
  const store = await createFileSecretStore({
    ...{ directory: credentials.directory, secretName, log, clock },
    hasher: createPasswordHasher(randomBytes(32)),
    bindingKey: createSecretKey(randomBytes(32)),
  })
  store.close()
  return notes
}

/** A line of the log for people: where it is, what is wrong, and what of it. */
function noteLine({ problem, ...where }: { readonly problem?: string }, message: string): string {
  const places = Object.entries(where).map(([name, value]) => `${name} ${placeText(value)}`)
  return [places.join(', '), message, ...(problem === undefined ? [] : [problem])].join(': ')
}

function placeText(value: unknown): string {
  return Array.isArray(value) ? value.join(' and ') : String(value)
}
