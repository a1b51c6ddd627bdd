import { isUtf8 } from 'node:buffer'
import { messageOf, RauthError } from '../../errors.ts'
import { flawOfShape } from './manifest-shape.ts'
import { readSmallFile } from './small-file.ts'
import { remedyFor } from './unreadable.ts'

/** A kind of document that the configuration names a file for. */
export interface DocumentKind {
  /** What it is, such as `policy`. */
  readonly name: string
  /** The key of the configuration that says where it is. */
  readonly key: string
  /** Largest file, bytes. */
  readonly limit: number
}

/** 2,000 rules of the usual length, and comments. */
export const POLICY_FILE: DocumentKind = { name: 'policy', key: 'policy.file', limit: 256 * 1024 }

/** 5,000 users of the usual length. */
export const USERS_FILE: DocumentKind = { name: 'users', key: 'users.file', limit: 1024 * 1024 }

/** A hundred keys of the longest kind. */
export const JWKS_FILE: DocumentKind = { name: 'JWKS', key: 'oidc.jwks', limit: 256 * 1024 }

/**
 * The text of a document, in a shape that a YAML parser is quick with. Throws a RauthError that says what
 * keeps it from being read.
 */
export async function readDocumentText(file: string, kind: DocumentKind): Promise<string> {
  const unusable = (wrong: string, cause?: unknown) =>
    new RauthError('ERR_CONFIG_INVALID', `${kind.name} file ${file} ${wrong}`, { cause })
  const content = await readSmallFile(file, kind.limit).catch((cause: unknown) => {
    const next = remedyFor(cause, `put one there, or set ${kind.key} to where it is`)
    throw unusable(`cannot be read (${messageOf(cause)}): ${next}`, cause)
  })
  if (!isUtf8(content)) throw unusable('is not UTF-8 text')
  const text = content.toString('utf8')
  const shape = flawOfShape(text, Infinity)
  if (shape !== undefined) throw unusable(`is ${shape}`)
  return text
}
