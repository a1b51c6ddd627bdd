import { randomBytes } from 'node:crypto'
import type {
  SecretContents,
  SecretObjects,
  StoredSecret,
} from '../../adapters/kubernetes/secret-object.ts'
import { pruneKeys } from '../../adapters/file/keys/key-pruning.ts'
import { RauthError } from '../../errors.ts'
import type { Algorithm } from '../../token/algorithms.ts'
import type { KeyTimes } from '../../token/key-timeline.ts'
import { AUTHORITY_KEY, contentOf, publicContents, type KeySecretNames } from './key-secrets.ts'
import { inFolder, readFolder, writeFolder } from './secret-folder.ts'

export interface KeySecretsOptions {
  readonly secrets: SecretObjects
  readonly names: KeySecretNames
  readonly now: Date
}

export interface ChangedKeys {
  /** Keys of the Secret that came, and that went. */
  readonly added: readonly string[]
  readonly removed: readonly string[]
}

/**
 * The next signing key under the CA. Those who only verify get it first: whatever ends this in the middle, no token is
 * signed with what they do not know. Nothing is taken from them, so that of several rotations at once none
 * hides another's key; and they get it again after the key is there, in case that something was pruned meanwhile.
 */
export async function rotateKeySecrets({
  secrets,
  names,
  now,
  ...key
}: KeySecretsOptions & {
  readonly algorithm?: Algorithm | undefined
  readonly days?: number | undefined
}): Promise<ChangedKeys> {
  const signing = await there(secrets, names.signing, INIT)
  const authority = await there(secrets, names.authority, 'put it back from where it is kept')
  const authorityKey = contentOf(authority.contents, names.authority, AUTHORITY_KEY)
  const next = await inFolder(async (directory) => {
    await writeFolder(directory, new Map([...signing.contents, [AUTHORITY_KEY, authorityKey]]))
    const { rotateKeys } = await import('../../adapters/file/keys/key-rotation.ts')
    const { algorithm, days } = key
    await rotateKeys({
      // Of several in one second each makes its own.
      ...{ directory, now, suffix: randomBytes(3).toString('hex') },
      ...(algorithm === undefined ? {} : { algorithm }),
      ...(days === undefined ? {} : { days }),
    })
    return without(await readFolder(directory), AUTHORITY_KEY)
  })
  const publication = await publicContents(next, now)
  const add = (known: SecretContents) => new Map([...known, ...publication])
  await publish(secrets, names, add)
  await store(secrets, names, signing, next)
  await publish(secrets, names, add)
  return changes(signing.contents, next)
}

/** Away with the keys that no living token needs: from those who sign first, then from those who verify. */
export async function pruneKeySecrets(
  { secrets, names, now }: KeySecretsOptions,
  times: KeyTimes,
): Promise<ChangedKeys> {
  const signing = await there(secrets, names.signing, INIT)
  const next = await inFolder(async (directory) => {
    await writeFolder(directory, signing.contents)
    await pruneKeys(directory, now, times)
    return readFolder(directory)
  })
  const changed = changes(signing.contents, next)
  if (changed.removed.length > 0) await store(secrets, names, signing, next)
  // A rotation may come between what was read and what is written here: what signs by then counts.
  for (let current: SecretContents = next; ;) {
    const publication = await publicContents(current, now)
    await publish(secrets, names, () => publication)
    const { contents } = await there(secrets, names.signing, INIT)
    if (isSame(contents, current)) return changed
    current = contents
  }
}

async function store(
  secrets: SecretObjects,
  { signing: name }: KeySecretNames,
  read: StoredSecret,
  contents: SecretContents,
): Promise<void> {
  if (!(await secrets.replace(name, read, contents))) throw changedMeanwhile(name)
}

/** How often is tried again what somebody else changed meanwhile. */
const ATTEMPTS = 10

/** Brings the Secret of those who only verify up to date, if there is one and it is not. */
async function publish(
  secrets: SecretObjects,
  { public: name }: KeySecretNames,
  wantedOf: (there: SecretContents) => SecretContents,
): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const found = await secrets.read(name)
    if (found === undefined) return
    const wanted = wantedOf(found.contents)
    if (isSame(found.contents, wanted)) return
    if (await secrets.replace(name, found, wanted)) return
  }
  throw changedMeanwhile(name)
}

function changedMeanwhile(name: string): RauthError {
  return new RauthError(
    'ERR_KEYS_UNREADABLE',
    `Secret ${name} was changed meanwhile; next: look at who rotates keys, and try again`,
  )
}

const INIT = 'rauth keys init --secret, with the same name'

async function there(secrets: SecretObjects, name: string, next: string) {
  const found = await secrets.read(name)
  if (found !== undefined) return found
  throw new RauthError('ERR_KEYS_UNREADABLE', `there is no Secret ${name}; next: ${next}`)
}

function without(contents: SecretContents, key: string): SecretContents {
  return new Map([...contents].filter(([name]) => name !== key))
}

function changes(before: SecretContents, after: SecretContents): ChangedKeys {
  return {
    added: [...after.keys()].filter((name) => !before.has(name)),
    removed: [...before.keys()].filter((name) => !after.has(name)),
  }
}

function isSame(one: SecretContents, other: SecretContents): boolean {
  return (
    one.size === other.size &&
    [...one].every(([name, content]) => other.get(name)?.reveal().equals(content.reveal()) === true)
  )
}
