#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { canICommand } from './commands/can-i.ts'
import { checkConfigCommand } from './commands/check-config.ts'
import { completionCommand } from './commands/completion.ts'
import { controllerCommand } from './commands/controller.ts'
import { decodeCommand } from './commands/decode.ts'
import { doctorCommand } from './commands/doctor.ts'
import { explainCommand } from './commands/explain.ts'
import { hashCommand } from './commands/hash.ts'
import { keysCommand } from './commands/keys.ts'
import { migrateCommand } from './commands/migrate.ts'
import { policyCommand } from './commands/policy.ts'
import { schemaCommand } from './commands/schema.ts'
import { secretCommand } from './commands/secret.ts'
import { serveCommand } from './commands/serve.ts'
import { tokenCommand } from './commands/token.ts'
import { RauthError, type ErrorCode } from './errors.ts'
import { VERSION } from './version.ts'

/** The `rauth` program: the table of its subcommands. */
const program = new Command('rauth')
  .description('Lets a Kubernetes namespace push and pull only its own images.')
  .version(VERSION)
  .showHelpAfterError('(rauth --help lists the commands)')
  .exitOverride()
  .addCommand(serveCommand())
  .addCommand(controllerCommand())
  .addCommand(checkConfigCommand())
  .addCommand(keysCommand())
  .addCommand(canICommand())
  .addCommand(explainCommand())
  .addCommand(policyCommand())
  .addCommand(tokenCommand())
  .addCommand(decodeCommand())
  .addCommand(hashCommand())
  .addCommand(secretCommand())
  .addCommand(schemaCommand())
  .addCommand(migrateCommand())
  .addCommand(doctorCommand())
  .addCommand(completionCommand())

// Whoever reads the output may have seen enough, as `head` has.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

const EXIT_CODES: Readonly<Partial<Record<ErrorCode, number>>> = {
  ERR_USAGE: 2,
  ERR_UNREACHABLE: 3,
}

/** Exit codes: 0 yes or ok, 1 denied or invalid, 2 usage, 3 unreachable. */
try {
  await program.parseAsync()
} catch (thrown) {
  if (thrown instanceof CommanderError) {
    process.exitCode = thrown.exitCode === 0 ? 0 : 2
  } else if (thrown instanceof RauthError) {
    process.stderr.write(`${thrown.message}\n`)
    process.exitCode = EXIT_CODES[thrown.code] ?? 1
  } else {
    throw thrown
  }
}
