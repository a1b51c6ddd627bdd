import { access, mkdir } from 'node:fs/promises'
import path from 'node:path'
import { Command } from 'commander'
import { writeNew } from '../adapters/file/write-whole.ts'
import { migrate, type Migration } from '../config/docker-auth/migrate/migrate.ts'
import { loadDockerAuth } from '../config/docker-auth/read.ts'
import { messageOf, RauthError } from '../errors.ts'

interface DockerAuthOptions {
  readonly output: string
}

export function migrateCommand(): Command {
  return new Command('migrate')
    .description("Write another program's configuration in rauth's own form.")
    .exitOverride()
    .addCommand(dockerAuthCommand())
}

function dockerAuthCommand(): Command {
  return new Command('docker-auth')
    .description('Write rauth.yaml, policy.yaml and users.yaml, and list every difference.')
    .argument('<file>', 'the docker_auth configuration')
    .option('-o, --output <directory>', 'where to write them', '.')
    .addHelpText('after', '\nExample:\n  rauth migrate docker-auth auth_config.yml -o migrated')
    .exitOverride()
    .action(async (file: string, { output }: DockerAuthOptions) => {
      const migration = migrate(loadDockerAuth(file), { fileName: file, folder: process.cwd() })
      const written = await writeAll(output, migration)
      process.stderr.write(
        `written: ${written.join(', ')}; next: rauth check-config -c ${path.join(output, 'rauth.yaml')}\n`,
      )
      process.stdout.write(listOf(migration.differences))
    })
}

/** Numbered, so that one can speak of them. */
function listOf(differences: readonly string[]): string {
  if (differences.length === 0) return 'no differences but those of docs/docker-auth.md\n'
  return differences.map((text, index) => `${index + 1}. ${text}\n`).join('')
}

/** Never over what is there. */
async function writeAll(
  directory: string,
  { config, policy, users }: Migration,
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
