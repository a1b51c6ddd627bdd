import { migrate } from '../../config/docker-auth/migrate/migrate.ts'
import { loadDockerAuth } from '../../config/docker-auth/read.ts'
import { writeMigration } from './write-all.ts'

export interface DockerAuthOptions {
  readonly output: string
}

/** `rauth migrate docker-auth`. */
export async function runDockerAuth(file: string, { output }: DockerAuthOptions): Promise<void> {
  const migration = migrate(loadDockerAuth(file), { fileName: file, folder: process.cwd() })
  await writeMigration(output, migration)
  process.stdout.write(listOf(migration.differences))
}

/** Numbered, so that one can speak of them. */
function listOf(differences: readonly string[]): string {
  if (differences.length === 0) return 'no differences but those of docs/docker-auth.md\n'
  return differences.map((text, index) => `${index + 1}. ${text}\n`).join('')
}
