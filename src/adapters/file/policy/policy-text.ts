import { isUtf8 } from 'node:buffer'
import { messageOf, RauthError } from '../../../errors.ts'
import { flawOfShape } from '../manifest-shape.ts'
import { readSmallFile } from '../small-file.ts'
import { remedyFor } from '../unreadable.ts'

/** Largest policy file, bytes: 2,000 rules of the usual length, and comments. */
const MAX_FILE = 256 * 1024

/**
 * The text of a policy file, in a shape that a YAML parser is quick with. Throws a RauthError that says
 * what keeps it from being read.
 */
export async function readPolicyText(file: string): Promise<string> {
  const content = await readSmallFile(file, MAX_FILE).catch((cause: unknown) => {
    const next = remedyFor(cause, 'put a policy there, or set policy.file to where it is')
    throw unusable(file, `cannot be read (${messageOf(cause)}): ${next}`, cause)
  })
  if (!isUtf8(content)) throw unusable(file, 'is not UTF-8 text')
  const text = content.toString('utf8')
  const shape = flawOfShape(text, Infinity)
  if (shape !== undefined) throw unusable(file, `is ${shape}`)
  return text
}

function unusable(file: string, wrong: string, cause?: unknown): RauthError {
  return new RauthError('ERR_CONFIG_INVALID', `policy file ${file} ${wrong}`, { cause })
}
