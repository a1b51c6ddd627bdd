#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { checkConfigCommand } from './commands/check-config.ts'
import { keysCommand } from './commands/keys.ts'
import { serveCommand } from './commands/serve.ts'
import { RauthError } from './errors.ts'

/** The `rauth` program: the table of its subcommands. */
const program = new Command('rauth')
  .description('Lets a Kubernetes namespace push and pull only its own images.')
  .showHelpAfterError('(rauth --help lists the commands)')
  .exitOverride()
  .addCommand(serveCommand())
  .addCommand(checkConfigCommand())
  .addCommand(keysCommand())

/** Exit codes: 0 ok, 1 denied or invalid, 2 usage, 3 unreachable. */
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
