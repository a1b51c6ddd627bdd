import { Command } from 'commander'
import { migrate } from '../../config/docker-auth/migrate/migrate.ts'
import { loadDockerAuth } from '../../config/docker-auth/read.ts'
import { writeMigration } from './write-all.ts'

interface DockerAuthOptions {
  readonly output: string
}

export function dockerAuthCommand(): Command {
  return new Command('docker-auth')
    .description('Write rauth.yaml, policy.yaml and users.yaml, and list every difference.')
    .argument('<file>', 'the docker_auth configuration')
    .option('-o, --output <directory>', 'where to write them', '.')
    .addHelpText('after', '\nExample:\n  rauth migrate docker-auth auth_config.yml -o migrated')
    .exitOverride()
    .action(async (file: string, { output }: DockerAuthOptions) => {
      const migration = migrate(loadDockerAuth(file), { fileName: file, folder: process.cwd() })
      await writeMigration(output, migration)
      process.stdout.write(listOf(migration.differences))
    })
}

/** Numbered, so that one can speak of them. */
function listOf(differences: readonly string[]): string {
  if (differences.length === 0) return 'no differences but those of docs/docker-auth.md\n'
  return differences.map((text, index) => `${index + 1}. ${text}\n`).join('')
}
