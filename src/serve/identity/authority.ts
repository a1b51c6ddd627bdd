import { readCertificates } from '../../adapters/file/certificates.ts'
import { readSmallFile } from '../../adapters/file/small-file.ts'
import { remedyFor } from '../../adapters/file/unreadable.ts'
import { messageOf, RauthError } from '../../errors.ts'

/** Largest file of CAs, bytes: all those that a system trusts are a quarter of it. */
const MAX_FILE = 1024 * 1024

const NEXT = 'put the PEM of the CA there'

/**
 * The PEM of CAs, if a file is named. Throws ERR_CONFIG_INVALID where it has none: Node.js takes an empty
 * text for the CAs that it trusts itself, and then anybody's certificate would do.
 */
export async function readAuthority(
  file: string | undefined,
  setting: string,
): Promise<string | undefined> {
  if (file === undefined) return undefined
  const unusable = (wrong: string, next: string, cause: unknown) =>
    new RauthError('ERR_CONFIG_INVALID', `${setting} ${file} ${wrong}; next: ${next}`, { cause })
  const content = await readSmallFile(file, MAX_FILE).catch((cause: unknown) => {
    throw unusable(`cannot be read: ${messageOf(cause)}`, remedyFor(cause, NEXT), cause)
  })
  try {
    const certificates = readCertificates(file, content.toString('utf8'))
    return certificates.map((one) => one.toString()).join('')
  } catch (cause) {
    throw unusable('has no certificate in PEM, or one that is none', NEXT, cause)
  }
}
