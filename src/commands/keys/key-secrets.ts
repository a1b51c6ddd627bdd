import { randomBytes } from 'node:crypto'
import path from 'node:path'
import {
  BINDING_KEY,
  createBindingKey,
  formatBindingKey,
} from '../../adapters/file/keys/binding-key.ts'
import { publishKeys } from '../../adapters/file/keys/key-publication.ts'
import type { SecretContents, SecretObjects } from '../../adapters/kubernetes/secret-object.ts'
import { RauthError } from '../../errors.ts'
import { Redacted } from '../../redacted.ts'
import type { Algorithm } from '../../token/algorithms.ts'
import { inFolder, readFolder, writeFolder } from './secret-folder.ts'

/** The Secrets that keys are kept in, apart by who may have what. */
export interface KeySecretNames {
  /** What the token service mounts: signing keys with their certificates, ca.crt, binding.key. */
  readonly signing: string
  /** ca.key with ca.crt; nobody mounts it, and only a rotation reads it. */
  readonly authority: string
  /** What a gateway without private keys mounts. */
  readonly public: string
  /** What a registry mounts: ca.crt, and http.secret, which replicas of one registry share. */
  readonly registry: string
}

export function keySecretNames(name: string): KeySecretNames {
  return {
    signing: name,
    authority: `${name}-ca`,
    public: `${name}-public`,
    registry: `${name}-registry`,
  }
}

export const AUTHORITY_KEY = 'ca.key'
export const AUTHORITY_CERTIFICATE = 'ca.crt'

export interface InitializeKeySecretsOptions {
  readonly secrets: SecretObjects
  readonly names: KeySecretNames
  readonly algorithm: Algorithm
  readonly days?: number | undefined
  readonly now: Date
  /** Told of each Secret, in the order in which they are made. */
  readonly onSecret: (name: string, what: 'created' | 'kept') => void
}

/**
 * Makes those of the Secrets that are not there, each from the one before: whatever ends this in the middle, the next
 * time goes on from there, and of several at once one makes each. What is there is never changed.
 */
export async function initializeKeySecrets(options: InitializeKeySecretsOptions): Promise<void> {
  const { secrets, names, now } = options
  const signing = await signingSecret(options)
  await ensure(options, names.public, () => publicContents(signing, now))
  await ensure(options, names.registry, () => {
    const certificate = contentOf(signing, names.signing, AUTHORITY_CERTIFICATE)
    const secret = new Redacted(Buffer.from(randomBytes(32).toString('base64')))
    return Promise.resolve(
      new Map([
        [AUTHORITY_CERTIFICATE, certificate],
        ['http.secret', secret],
      ]),
    )
  })

  async function signingSecret({ onSecret }: typeof options): Promise<SecretContents> {
    const found = await secrets.read(names.signing)
    if (found !== undefined) {
      onSecret(names.signing, 'kept')
      return found.contents
    }
    const authority = await ensure(options, names.authority, () => newAuthority(options))
    return ensure(options, names.signing, () => newSigningKey(options, authority))
  }
}

/** The binding key alone, where others make the key that signs. */
export async function initializeBindingKey({
  secrets,
  names,
  onSecret,
}: Pick<InitializeKeySecretsOptions, 'secrets' | 'names' | 'onSecret'>): Promise<void> {
  const content = new Redacted(Buffer.from(formatBindingKey(createBindingKey())))
  await ensure({ secrets, onSecret }, names.signing, () =>
    Promise.resolve(new Map([[BINDING_KEY, content]])),
  )
}

/** What is in a Secret, which is made if it is not there. */
async function ensure(
  { secrets, onSecret }: Pick<InitializeKeySecretsOptions, 'secrets' | 'onSecret'>,
  name: string,
  make: () => Promise<SecretContents>,
): Promise<SecretContents> {
  const found = await secrets.read(name)
  if (found === undefined) {
    const contents = await make()
    if (await secrets.create(name, contents)) {
      onSecret(name, 'created')
      return contents
    }
  }
  // Somebody else was faster: what they made counts.
  const there = found ?? (await secrets.read(name))
  if (there === undefined) {
    throw new RauthError(
      'ERR_KEYS_UNREADABLE',
      `Secret ${name} comes and goes; next: find out who deletes it`,
    )
  }
  onSecret(name, 'kept')
  return there.contents
}

async function newAuthority(options: InitializeKeySecretsOptions): Promise<SecretContents> {
  const made = await newKeys(options, new Map())
  return new Map(
    [...made].filter(([key]) => key === AUTHORITY_KEY || key === AUTHORITY_CERTIFICATE),
  )
}

async function newSigningKey(
  options: InitializeKeySecretsOptions,
  authority: SecretContents,
): Promise<SecretContents> {
  const made = await newKeys(options, authority)
  return new Map([...made].filter(([key]) => key !== AUTHORITY_KEY))
}

/** All that is missing beside what is there. */
function newKeys(
  { algorithm, days, now }: InitializeKeySecretsOptions,
  there: SecretContents,
): Promise<SecretContents> {
  return inFolder(async (directory) => {
    await writeFolder(directory, there)
    // Making certificates takes a library that only this and rotate need.
    const { initializeKeys } = await import('../../adapters/file/keys/key-maker.ts')
    await initializeKeys({ directory, algorithm, now, ...(days === undefined ? {} : { days }) })
    return readFolder(directory)
  })
}

/** What a gateway without private keys gets of a Secret with them. */
export function publicContents(signing: SecretContents, now: Date): Promise<SecretContents> {
  return inFolder(async (folder) => {
    await writeFolder(folder, signing)
    const target = path.join(folder, 'public')
    await publishKeys({ directory: folder, target, now })
    return readFolder(target)
  })
}

/** One content of a Secret. Throws where it lacks that. */
export function contentOf(contents: SecretContents, name: string, key: string): Redacted<Buffer> {
  const content = contents.get(key)
  if (content !== undefined) return content
  throw new RauthError(
    'ERR_KEYS_UNREADABLE',
    `Secret ${name} has no ${key}; next: put it back, or delete the Secret to have all made anew`,
  )
}
