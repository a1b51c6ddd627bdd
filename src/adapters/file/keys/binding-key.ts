import { createSecretKey, randomBytes, type KeyObject } from 'node:crypto'
import path from 'node:path'
import { RauthError } from '../../../errors.ts'
import type { VerificationKey } from '../../../token/key-set.ts'
import { readSmallFile } from '../small-file.ts'
import { cannotBeRead, unreadable } from '../unreadable.ts'
import { readFileOf } from './key-folder.ts'
import type { KeyForm } from './key-form.ts'
import { initHint, missing } from './key-problem.ts'

/** Lies among the keys and is none. */
export const BINDING_KEY = 'binding.key'

const LENGTH = 32

/**
 * The 32 bytes that bind tokens to the generation of a credential; the same for all replicas. As a key
 * object, which prints nothing of them.
 */
export async function readBindingKey(
  directory: string,
  form: Pick<KeyForm<VerificationKey>, 'renewal'> = { renewal: initHint },
): Promise<KeyObject> {
  const next = form.renewal(directory)
  const file = path.join(directory, BINDING_KEY)
  const content =
    (await readFileOf(directory, directory, BINDING_KEY, form)) ??
    missing(directory, BINDING_KEY, next)
  if (content instanceof RauthError) throw content
  return parseBindingKey(file, content, next)
}

/** The same from a file of its own. */
export async function readBindingKeyFile(file: string): Promise<KeyObject> {
  const next = `openssl rand -base64 ${LENGTH} > ${file}, once for all replicas`
  try {
    return parseBindingKey(file, (await readSmallFile(file)).toString('utf8'), next)
  } catch (cause) {
    throw cause instanceof RauthError ? cause : cannotBeRead(file, cause, next)
  }
}

function parseBindingKey(file: string, content: string, next: string): KeyObject {
  const text = content.trim()
  const key = Buffer.from(text, 'base64')
  if (key.length !== LENGTH || key.toString('base64') !== text) {
    throw unreadable(file, `is not ${LENGTH} bytes in base64`, next)
  }
  return createSecretKey(key)
}

export function createBindingKey(): KeyObject {
  return createSecretKey(randomBytes(LENGTH))
}

/** What its file holds. */
export function formatBindingKey(key: KeyObject): string {
  return `${key.export().toString('base64')}\n`
}
