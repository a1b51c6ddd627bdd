import { Command, Option } from 'commander'
import type { HtpasswdOptions } from './run-htpasswd.ts'

export function htpasswdCommand(): Command {
  return new Command('htpasswd')
    .description('Write rauth.yaml, policy.yaml and users.yaml, or print Secrets.')
    .argument('<file>', 'of bcrypt hashes, as a registry takes it')
    .option('-o, --output <directory>', 'where to write them', '.')
    .addOption(
      new Option(
        '--secrets',
        'print a Secret for each user, in the namespace that has its name, and write nothing',
      ).conflicts(['output']),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  rauth migrate htpasswd htpasswd -o migrated\n' +
        '  rauth migrate htpasswd htpasswd --secrets | kubectl apply -f -',
    )
    .exitOverride()
    .action(async (file: string, options: HtpasswdOptions) => {
      const { runHtpasswd } = await import('./run-htpasswd.ts')
      await runHtpasswd(file, options)
    })
}
