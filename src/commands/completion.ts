import { Argument, Command } from 'commander'
import { completionScript, SHELLS, type Shell } from './completion/scripts.ts'
import { placesOf } from './completion/tree.ts'

export function completionCommand(): Command {
  const command = new Command('completion')
  return command
    .description('Print what makes a shell complete the words of rauth.')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .addHelpText('after', '\nExample:\n  source <(rauth completion bash)')
    .exitOverride()
    .action((shell: Shell) => {
      const program = command.parent ?? command
      process.stdout.write(completionScript(shell, placesOf(program)))
    })
}
