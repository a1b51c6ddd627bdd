import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { initializeKeys } from '../../src/adapters/file/keys/key-maker.ts'
import type { Algorithm } from '../../src/token/algorithms.ts'
import { loginOf, secretManifest, type Login } from './secret-manifest.ts'

/** What a stack keeps between its starts. */
export interface State {
  /** Folder of it all. */
  readonly directory: string
  readonly keys: string
  readonly secrets: string
  readonly logs: string
  /** What the registry stores. */
  readonly images: string
  /** Logins by namespace. */
  readonly logins: ReadonlyMap<string, Login>
  /** `http.secret` of the registry. */
  readonly registrySecret: string
}

export interface StateOptions {
  readonly directory: string
  readonly namespaces: readonly string[]
  readonly algorithm?: Algorithm
}

/** Makes what does not exist yet and leaves all else as it is. */
export async function prepareState(options: StateOptions): Promise<State> {
  const directory = path.resolve(options.directory)
  const folder = async (name: string) => {
    const made = path.join(directory, name)
    await mkdir(made, { recursive: true, mode: 0o700 })
    return made
  }
  const [keys, secrets, logs, images] = (await Promise.all(
    ['keys', 'secrets', 'logs', 'registry'].map(folder),
  )) as [string, string, string, string]
  await initializeKeys({
    directory: keys,
    algorithm: options.algorithm ?? 'ES256',
    now: new Date(),
  })
  const logins = new Map<string, Login>()
  for (const namespace of options.namespaces) {
    const file = path.join(secrets, `${namespace}.yaml`)
    const fresh = { username: namespace, password: randomText() }
    const manifest = await keptOrMade(file, secretManifest(namespace, fresh))
    const login = loginOf(manifest)
    if (login === undefined) {
      throw new Error(`${file} has no username and password: mend it, or remove it for a new one`)
    }
    logins.set(namespace, login)
  }
  const registrySecret = await keptOrMade(path.join(directory, 'registry-secret'), randomText())
  return { directory, keys, secrets, logs, images, logins, registrySecret }
}

function randomText(): string {
  return randomBytes(24).toString('base64url')
}

async function keptOrMade(file: string, content: string): Promise<string> {
  const kept = await readFile(file, 'utf8').catch(() => undefined)
  if (kept !== undefined) return kept
  await replaceFile(file, content)
  return content
}

/** Writes aside and renames, so that whoever watches never reads half of it. */
export async function replaceFile(file: string, content: string): Promise<void> {
  const aside = path.join(path.dirname(file), `.${path.basename(file)}.new`)
  await writeFile(aside, content, { mode: 0o600 })
  await rename(aside, file)
}
