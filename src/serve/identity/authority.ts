import { readFile } from 'node:fs/promises'
import { messageOf, RauthError } from '../../errors.ts'

/** The PEM of a CA, if a file is named. Throws ERR_CONFIG_INVALID where there is none. */
export async function readAuthority(
  file: string | undefined,
  setting: string,
): Promise<string | undefined> {
  if (file === undefined) return undefined
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    const wrong = `${setting} cannot be read: ${messageOf(cause)}; next: put the PEM of the CA there`
    throw new RauthError('ERR_CONFIG_INVALID', wrong, { cause })
  }
}
