import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import path from 'node:path'
import { messageOf, RauthError } from '../../errors.ts'

/**
 * Throws ERR_CONFIG_INVALID where a program can't be run: that must not first show at a login. A name
 * without a slash is looked for in the folders of `searchPath`. `setting`: what names it.
 */
export async function requireProgram(
  program: string,
  searchPath: string | undefined,
  setting: string,
): Promise<void> {
  if (program.includes('/')) {
    const problem = await problemOf(program)
    if (problem === undefined) return
    throw unusable(setting, `${program} cannot be run: ${problem}`)
  }
  for (const folder of (searchPath ?? '').split(path.delimiter)) {
    if (folder !== '' && (await problemOf(path.join(folder, program))) === undefined) return
  }
  throw unusable(setting, `no program ${program} is on PATH`)
}

async function problemOf(file: string): Promise<string | undefined> {
  try {
    await access(file, constants.X_OK)
    return (await stat(file)).isFile() ? undefined : 'it is no file'
  } catch (cause) {
    return messageOf(cause)
  }
}

function unusable(setting: string, wrong: string): RauthError {
  const next = 'put it there, and let the user that rauth runs as run it (chmod +x)'
  return new RauthError('ERR_CONFIG_INVALID', `${setting}: ${wrong}; next: ${next}`)
}
