import { Command } from 'commander'
import { dockerAuthCommand } from './migrate/docker-auth.ts'
import { htpasswdCommand } from './migrate/htpasswd.ts'

export function migrateCommand(): Command {
  return new Command('migrate')
    .description("Write another program's configuration in rauth's own form.")
    .exitOverride()
    .addCommand(dockerAuthCommand())
    .addCommand(htpasswdCommand())
}
