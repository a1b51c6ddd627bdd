import { Command } from 'commander'
import { parseNamespace } from './asking/parse-namespace.ts'
import { addConfigOption } from './config-option.ts'
import type { RotateOptions } from './run-rotate.ts'

export function rotateCommand(): Command {
  return addConfigOption(new Command('rotate'))
    .description('Give a namespace the next password, in both of its Secrets.')
    .argument('<namespace>', 'whose Secrets rauth controller made', parseNamespace)
    .option('--now', 'the password before works no longer: it was stolen')
    .addHelpText(
      'after',
      '\nExample:\n  rauth rotate team-a\n' +
        '\nIt writes to the cluster as whoever your kubeconfig says, with a rauth controller that runs or\n' +
        'without, and prints no password. The one before goes on working for controller.overlap.',
    )
    .exitOverride()
    .action(async (namespace: string, options: RotateOptions) => {
      const { runRotate } = await import('./run-rotate.ts')
      await runRotate(namespace, options)
    })
}
