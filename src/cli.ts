#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { checkConfigCommand } from './commands/check-config.ts'
import { keysCommand } from './commands/keys.ts'
import { migrateCommand } from './commands/migrate.ts'
import { serveCommand } from './commands/serve.ts'
import { RauthError } from './errors.ts'
import { VERSION } from './version.ts'

/** The `rauth` program: the table of its subcommands. */
const program = new Command('rauth')
  .description('Lets a Kubernetes namespace push and pull only its own images.')
  .version(VERSION)
  .showHelpAfterError('(rauth --help lists the commands)')
  .exitOverride()
  .addCommand(serveCommand())
  .addCommand(checkConfigCommand())
  .addCommand(keysCommand())
  .addCommand(migrateCommand())

// Whoever reads the output may have seen enough, as `head` has.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

/** Exit codes: 0 ok, 1 invalid, 2 usage. */
try {
  await program.parseAsync()
} catch (thrown) {
  if (thrown instanceof CommanderError) {
    process.exitCode = thrown.exitCode === 0 ? 0 : 2
  } else if (thrown instanceof RauthError) {
    process.stderr.write(`${thrown.message}\n`)
    process.exitCode = 1
  } else {
    throw thrown
  }
}
