import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import path from 'node:path'
import type { Clock } from '../../../clock.ts'
import { messageOf, type RauthError } from '../../../errors.ts'
import { formatInstant } from '../../../instant.ts'
import type { Log } from '../../../log.ts'
import {
  createKeySet,
  createVerificationKeySet,
  type SigningKey,
  type SigningKeySet,
} from '../../../token/key-set.ts'
import { createExpiryNotices } from '../expiry-notices.ts'
import { outsideValidity } from '../validity.ts'
import { createReloads } from '../reloads.ts'
import { readSmallFile } from '../small-file.ts'
import { createTrouble } from '../trouble.ts'
import { cannotBeRead, unreadable } from '../unreadable.ts'
import { watchDirectory, type WatchOptions } from '../watch.ts'
import { keyPairOf } from './key-pair.ts'
import type { FileSigningKeyStore } from './key-store.ts'

export interface KeyPairStoreOptions extends WatchOptions {
  /** PEM: the certificate that registries trust, then any intermediates. */
  readonly certificate: string
  /** Its private key, PEM. */
  readonly key: string
  /** Whether tokens carry the certificate, so that nobody looks for the key by its id. */
  readonly x5c: boolean
  readonly clock: Clock
  readonly log: Log
  /** Called once for each state of the files that can't be used. */
  readonly onFailure: () => void
  /** Seconds for which a key verifies on after another takes its place now. */
  readonly keptFor: () => number
  /** What binds tokens to credentials; else it is made of the private key that is there at the start. */
  readonly bindingKey?: KeyObject | undefined
  /**
   * Whether tokens come back here that are bound by it. Without a `bindingKey` another private key is
   * not taken then before a restart: a replica that starts with it has another binding key, and takes no
   * token of this one.
   */
  readonly staysBound: boolean
}

export interface KeyPairStore extends FileSigningKeyStore {
  /** Replicas that started with the same files have the same. */
  readonly bindingKey: KeyObject
}

/**
 * One key that signs, with the very certificate that registries trust: no folder, no CA of rauth's own.
 * Read again when it changes. At the start it must be good; later what can't be used is told loudly, and
 * the key of before stays. One that another took the place of verifies on as long as its tokens live.
 */
export async function createKeyPairStore(options: KeyPairStoreOptions): Promise<KeyPairStore> {
  const { certificate, clock, log } = options
  const noticeExpiry = createExpiryNotices(log)
  const reloads = createReloads(load, (error) => {
    trouble.lasts(messageOf(error), messageOf(error))
  })
  const trouble = createTrouble({
    lookAgain: reloads.request,
    tell(error) {
      options.onFailure()
      log.error({ certificate, error }, 'a signing key that cannot be used: that of before stays')
    },
  })
  let key: SigningKey
  let keys: SigningKeySet
  let former: readonly { readonly key: SigningKey; readonly until: number }[] = []

  function use(next: SigningKey): void {
    key = next
    keys = createKeySet([next])
    log.info({ certificate, signs: next.kid, ends: formatInstant(next.notAfter) }, 'key loaded')
  }

  function lookAtItsEnd(): void {
    const harm = 'registries refuse its tokens'
    const next = 'put a new one there, and give it to every registry before'
    noticeExpiry([{ ...{ file: certificate, harm, next }, notAfter: key.notAfter }], clock())
  }

  async function load(): Promise<void> {
    let next: SigningKey
    try {
      next = await readSigningKey(options)
      refuseAnother(next)
    } catch (thrown) {
      trouble.found(messageOf(thrown), messageOf(thrown))
      return
    }
    if (trouble.over()) log.info({ certificate }, 'the signing key can be used again')
    if (next.kid !== key.kid) former = [...kept(next), { key, until: clock() + options.keptFor() }]
    if (next.chain.join() !== key.chain.join()) use(next)
    lookAtItsEnd()
  }

  /** The former ones whose tokens may live, without one that is back. */
  function kept({ kid }: SigningKey): typeof former {
    return former.filter(({ key: one, until }) => one.kid !== kid && clock() < until)
  }

  function refuseAnother({ kid }: SigningKey): void {
    if (kid === key.kid || !options.staysBound || options.bindingKey !== undefined) return
    throw unreadable(
      options.key,
      'is another private key, and what binds tokens to passwords is made of it',
      'restart every replica at once, which ends all tokens; or set keys.bindingKey, so that keys can ' +
        'follow one another',
    )
  }

  const firstBindingKey = () => options.bindingKey ?? bindingKeyOf(key.privateKey)

  // Watched before they are read, so that no change falls in between.
  const folders = new Set([certificate, options.key].map((file) => path.dirname(file)))
  const watches = [...folders].map((folder) => watchDirectory(folder, reloads.request, options))
  function close(): void {
    reloads.close()
    trouble.close()
    for (const watch of watches) watch.close()
  }
  try {
    await reloads.first(async () => {
      use(await readSigningKey(options))
      lookAtItsEnd()
    })
  } catch (error) {
    close()
    throw error
  }
  return {
    bindingKey: firstBindingKey(),
    active: (at) => keys.active(at),
    find: (kid) => keys.find(kid) ?? kept(key).find((one) => one.key.kid === kid)?.key,
    jwks: () => createVerificationKeySet([key, ...kept(key).map((one) => one.key)]).jwks(),
    ready: () => true,
    problem: () => trouble.problem(),
    ends: () => ({ keys: new Map([[key.kid, key.notAfter]]), authorities: new Map() }),
    close,
  }
}

async function readSigningKey(options: KeyPairStoreOptions): Promise<SigningKey> {
  const { x5c, clock } = options
  const { key } = await keyPairOf({
    key: { file: options.key, pem: await read(options.key, 'key') },
    certificate: {
      file: options.certificate,
      pem: await read(options.certificate, 'certificate'),
    },
    authorities: undefined,
    renewal: 'put the key and the certificate that was made for it there',
    anyKeyId: x5c,
  })
  const term = { from: key.notBefore, to: key.notAfter, at: clock() }
  const out = outsideValidity(
    term,
    'make a new one for the same key, and give it to every registry',
  )
  if (out === undefined) return key
  const wrong = `${out.wrong}; registries refuse tokens that carry it`
  throw unreadable(options.certificate, wrong, out.next)
}

async function read(file: string, setting: string): Promise<string | RauthError> {
  try {
    return (await readSmallFile(file)).toString('utf8')
  } catch (cause) {
    return cannotBeRead(file, cause, `see "keys.${setting}" in the configuration`)
  }
}

function bindingKeyOf(privateKey: KeyObject): KeyObject {
  const secret = privateKey.export({ type: 'pkcs8', format: 'der' })
  return createSecretKey(createHmac('sha256', secret).update('rauth binding key').digest())
}
