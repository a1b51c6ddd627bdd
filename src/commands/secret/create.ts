import { Command } from 'commander'
import { parseNamespace } from '../asking/parse-namespace.ts'
import { addConfigOption } from '../config-option.ts'
import type { CreateOptions } from './run-create.ts'

export function createSecretCommand(): Command {
  return addConfigOption(new Command('create'))
    .description(
      'Print the Secret of a namespace for rauth and, with --registry, that for the kubelet.',
    )
    .argument('<namespace>', 'whose they are', parseNamespace)
    .option('-u, --user <user>', 'user name (default: the namespace)')
    .option('--password-stdin', 'the password is on stdin (default: a random one)')
    .option('--hash', 'give rauth the bcrypt hash in place of the password')
    .option(
      '--registry <host...>',
      'where images are pulled from, HOST or HOST:PORT: makes the second Secret',
    )
    .option('--pull-secret-name <name>', 'what pods name', 'registry-pull-secret')
    .addHelpText(
      'after',
      '\nExample:\n  rauth secret create team-a --registry registry.example | kubectl apply -f -\n' +
        '\nPods name the second one in imagePullSecrets. Rather give a random password than --hash:\n' +
        'checking a bcrypt hash costs time with each new login.',
    )
    .exitOverride()
    .action(async (namespace: string, options: CreateOptions) => {
      const { runCreate } = await import('./run-create.ts')
      await runCreate(namespace, options)
    })
}
