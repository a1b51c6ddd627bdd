import { existsSync } from 'node:fs'
import { Command } from 'commander'
import { formatSecretPair } from '../../adapters/file/secrets/secret-pair.ts'
import { loadConfigWithoutRealm, USUAL_FILE } from '../../config/read.ts'
import { visible } from '../../printable.ts'
import { isRegistryHost } from '../../registry/registry-host.ts'
import { newPassword } from '../../credentials/secret/new-password.ts'
import { hasControl } from '../../credentials/strict-text.ts'
import { configOf } from '../asking/offline.ts'
import { parseNamespace } from '../asking/parse-namespace.ts'
import { readPassword } from '../asking/secret-input.ts'
import { usage } from '../asking/usage.ts'
import { addConfigOption, configFile, type ConfigOption } from '../config-option.ts'
import { hashOf } from '../hash.ts'

interface CreateOptions extends ConfigOption {
  readonly user?: string
  readonly passwordStdin?: true
  readonly hash?: true
  readonly registry?: readonly string[]
  readonly pullSecretName: string
}

export function createSecretCommand(): Command {
  return addConfigOption(new Command('create'))
    .description('Print the two Secrets of a namespace, for rauth and for the kubelet.')
    .argument('<namespace>', 'whose they are', parseNamespace)
    .option('-u, --user <user>', 'user name (default: the namespace)')
    .option('--password-stdin', 'the password is on stdin (default: a random one)')
    .option('--hash', 'give rauth the bcrypt hash in place of the password')
    .option('--registry <host...>', 'where images are pulled from (default: service)')
    .option('--pull-secret-name <name>', 'what pods name', 'registry-pull-secret')
    .addHelpText(
      'after',
      '\nExample:\n  rauth secret create team-a --registry registry.example | kubectl apply -f -\n' +
        '\nPods name the second one in imagePullSecrets. Rather give a random password than --hash:\n' +
        'checking a bcrypt hash costs time with each new login.',
    )
    .exitOverride()
    .action(async (namespace: string, options: CreateOptions) => {
      const named = configFile(options)
      const isBare = named === undefined && !existsSync(USUAL_FILE)
      const config = isBare ? loadConfigWithoutRealm(undefined, process.env) : configOf(options)
      const { user: username = namespace, pullSecretName } = options
      if (username === '' || username.includes(':') || hasControl(username)) {
        throw usage('a user name has neither a colon nor control characters')
      }
      for (const one of options.registry ?? []) {
        if (isRegistryHost(one)) continue
        throw usage(`--registry ${visible(one)}: HOST or HOST:PORT, as images name it`)
      }
      const password = options.passwordStdin === true ? await readPassword() : newPassword()
      process.stdout.write(
        formatSecretPair({
          ...{ namespace, username, password, pullSecretName },
          hash: options.hash === true ? await hashOf(password) : undefined,
          secretName: config.secretName,
          registries: options.registry ?? [config.service],
        }),
      )
    })
}
