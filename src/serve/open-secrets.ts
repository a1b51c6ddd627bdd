import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { openToAll } from '../adapters/file/open-to-all.ts'
import { clusterOf } from '../config/credentials.ts'
import type { Config } from '../config/schema.ts'
import { TLS_LISTENERS } from '../config/tls.ts'
import { shellWord, visible } from '../printable.ts'

const MANIFEST = /^[^.].*\.(?:ya?ml|json)$/
const KEY = /^[^.].*\.key$/
/** Files of one folder that are looked at. */
const MOST = 200

/** Lines about files with passwords and keys that every account of this machine can read: name, mode, and what to do. */
export async function openSecrets(config: Config): Promise<readonly string[]> {
  return linesOf(await secretFiles(config))
}

/** The same of those that `rauth controller` reads: the others are not its own. */
export async function openSecretsOfController(config: Config): Promise<readonly string[]> {
  const { kubeconfig } = clusterOf(config.credentials)
  return linesOf(kubeconfig === undefined ? [] : [kubeconfig])
}

async function linesOf(files: readonly string[]): Promise<readonly string[]> {
  // Windows has none.
  const uid = process.getuid?.()
  if (uid === undefined) return []
  const open = new Map<string, { readonly file: string; readonly mode: string }[]>()
  for (const file of new Set(files)) {
    const mode = await openToAll(file, uid)
    if (mode === undefined) continue
    const folder = path.dirname(file)
    open.set(folder, [...(open.get(folder) ?? []), { file, mode }])
  }
  return [...open].flatMap(([folder, [first, ...more]]) => {
    if (first === undefined) return []
    const who = `every account of this machine can read (mode ${first.mode})`
    if (more.length === 0) {
      return [
        `${visible(first.file)} is secret, and ${who}; next: chmod 600 ${shellWord(first.file)}`,
      ]
    }
    const which = `${more.length + 1} files such as ${visible(path.basename(first.file))} are secret`
    return [`${visible(folder)}: ${which}, and ${who}; next: chmod 700 ${shellWord(folder)}`]
  })
}

async function secretFiles(config: Config): Promise<readonly string[]> {
  const { keys, credentials, identity, liveView, tracing, tls } = config
  const hasSecrets = identity.some(({ secrets }) => secrets !== undefined)
  const files = [
    ...[keys.key, keys.bindingKey, liveView.tokenFile, tracing.headersFile],
    ...TLS_LISTENERS.map((listener) => tls[listener].key),
    ...identity.flatMap(({ users, ldap }) => [users?.file, ldap?.bind?.passwordFile]),
    clusterOf(credentials).kubeconfig,
  ].filter((file) => file !== undefined)
  return [
    ...files,
    ...(keys.key === undefined ? await inFolder(keys.directory, KEY) : []),
    ...(hasSecrets && credentials.source === 'directory'
      ? await inFolder(credentials.directory, MANIFEST)
      : []),
  ]
}

/** None where it can't be read: whoever needs it says so. */
async function inFolder(folder: string, which: RegExp): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => [])
  return names
    .filter((name) => which.test(name))
    .slice(0, MOST)
    .map((name) => path.join(folder, name))
}
