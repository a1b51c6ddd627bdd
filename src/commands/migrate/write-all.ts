import { access, mkdir } from 'node:fs/promises'
import path from 'node:path'
import { writeNew } from '../../adapters/file/write-whole.ts'
import { messageOf, RauthError } from '../../errors.ts'

/** Texts of a migrated configuration. */
export interface MigratedFiles {
  readonly config: string
  readonly policy: string
  readonly users: string | undefined
}

/** Writes the files of a migration, never over what is there, and says on stderr which and what to do next. */
export async function writeMigration(directory: string, files: MigratedFiles): Promise<void> {
  const written = await writeAll(directory, files)
  process.stderr.write(
    `written: ${written.join(', ')}; next: rauth check-config -c ${path.join(directory, 'rauth.yaml')}\n`,
  )
}

async function writeAll(
  directory: string,
  { config, policy, users }: MigratedFiles,
): Promise<readonly string[]> {
  const files = [
    ['rauth.yaml', config],
    ['policy.yaml', policy],
    ...(users === undefined ? [] : [['users.yaml', users] as const]),
  ] as const
  try {
    await mkdir(directory, { recursive: true })
    for (const [name] of files) await requireFree(path.join(directory, name))
    for (const [name, text] of files) {
      // Hashes of passwords are in one of them.
      await writeNew(path.join(directory, name), text, 0o600)
    }
    return files.map(([name]) => path.join(directory, name))
  } catch (cause) {
    if (cause instanceof RauthError) throw cause
    const message = `nothing can be written to ${directory}: ${messageOf(cause)}`
    throw new RauthError('ERR_CONFIG_INVALID', message, { cause })
  }
}

async function requireFree(file: string): Promise<void> {
  const isThere = await access(file).then(
    () => true,
    () => false,
  )
  if (!isThere) return
  throw new RauthError(
    'ERR_CONFIG_INVALID',
    `${file} is there already, and nothing was written; next: -o ANOTHER-FOLDER`,
  )
}
