#!/usr/bin/env node
import { Command } from 'commander'
import { canICommand } from './commands/can-i.ts'
import { checkConfigCommand } from './commands/check-config.ts'
import { completionCommand } from './commands/completion.ts'
import { controllerCommand } from './commands/controller.ts'
import { credentialProviderCommand } from './commands/credential-provider.ts'
import { decodeCommand } from './commands/decode.ts'
import { doctorCommand } from './commands/doctor.ts'
import { explainCommand } from './commands/explain.ts'
import { hashCommand } from './commands/hash.ts'
import { keysCommand } from './commands/keys.ts'
import { migrateCommand } from './commands/migrate.ts'
import { policyCommand } from './commands/policy.ts'
import { runProgram } from './commands/run-program.ts'
import { rotateCommand } from './commands/rotate.ts'
import { schemaCommand } from './commands/schema.ts'
import { secretCommand } from './commands/secret.ts'
import { serveCommand } from './commands/serve.ts'
import { tokenCommand } from './commands/token.ts'
import { VERSION } from './version.ts'

/** The `rauth` program: the table of its subcommands. */
const program = new Command('rauth')
  .description('Lets a Kubernetes namespace push and pull only its own images.')
  .version(VERSION)
  .showHelpAfterError('(rauth --help lists the commands)')
  .exitOverride()
  .addCommand(serveCommand())
  .addCommand(controllerCommand())
  .addCommand(rotateCommand())
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
  .addCommand(credentialProviderCommand())
  .addCommand(migrateCommand())
  .addCommand(doctorCommand())
  .addCommand(completionCommand())

await runProgram(program)
