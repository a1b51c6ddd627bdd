import { Command } from 'commander'
import { canICommand } from './can-i.ts'
import { checkConfigCommand } from './check-config.ts'
import { completionCommand } from './completion.ts'
import { controllerCommand } from './controller.ts'
import { credentialProviderCommand } from './credential-provider.ts'
import { decodeCommand } from './decode.ts'
import { doctorCommand } from './doctor.ts'
import { explainCommand } from './explain.ts'
import { hashCommand } from './hash.ts'
import { keysCommand } from './keys.ts'
import { migrateCommand } from './migrate.ts'
import { policyCommand } from './policy.ts'
import { rotateCommand } from './rotate.ts'
import { schemaCommand } from './schema.ts'
import { secretCommand } from './secret.ts'
import { serveCommand } from './serve.ts'
import { tokenCommand } from './token.ts'
import { VERSION } from '../version.ts'

/** The `rauth` program: the table of its subcommands. */
export function createProgram(): Command {
  return new Command('rauth')
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
}
