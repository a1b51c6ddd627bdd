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
  const program = new Command('rauth')
    .description('Lets a Kubernetes namespace push and pull only its own images.')
    .version(VERSION)
    .showHelpAfterError('(rauth --help lists the commands)')
    .exitOverride()
    .configureOutput({
      outputError(text, write) {
        write(misplacedOption(program, text) ?? text)
      },
    })
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
  return program
}

/** Of an option that the program itself does not know, and one of its commands does: where it stands. */
function misplacedOption(program: Command, complaint: string): string | undefined {
  const given = /^error: unknown option '([^'=]+)/.exec(complaint)?.[1]
  if (given === undefined || !hasOption(program, given)) return undefined
  return `error: '${given}' is an option of commands, and stands behind them: rauth COMMAND ${given} …\n`
}

function hasOption({ options, commands }: Command, given: string): boolean {
  return (
    options.some(({ short, long }) => given === short || given === long) ||
    commands.some((command) => hasOption(command, given))
  )
}
