import { existsSync } from 'node:fs'
import { formatSecretPair } from '../../adapters/file/secrets/secret-pair.ts'
import { loadConfigWithoutRealm, USUAL_FILE } from '../../config/read.ts'
import { visible } from '../../printable.ts'
import { isRegistryHost } from '../../registry/registry-host.ts'
import { newPassword } from '../../credentials/secret/new-password.ts'
import { hasControl } from '../../credentials/strict-text.ts'
import { configOf } from '../asking/offline.ts'
import { readPassword } from '../asking/secret-input.ts'
import { usage } from '../asking/usage.ts'
import { configFile, type ConfigOption } from '../config-option.ts'
import { hashOf } from '../hash.ts'
import { say } from '../output.ts'

export interface CreateOptions extends ConfigOption {
  readonly user?: string
  readonly passwordStdin?: true
  readonly hash?: true
  readonly registry?: readonly string[]
  readonly pullSecretName: string
}

/** `rauth secret create`. */
export async function runCreate(namespace: string, options: CreateOptions): Promise<void> {
  const named = configFile(options)
  const isBare = named === undefined && !existsSync(USUAL_FILE)
  const config = isBare ? loadConfigWithoutRealm(undefined, process.env) : configOf(options)
  const { user: username = namespace, registry: registries = [], pullSecretName } = options
  if (username === '' || username.includes(':') || hasControl(username)) {
    throw usage('a user name has neither a colon nor control characters')
  }
  for (const one of registries) {
    if (isRegistryHost(one)) continue
    throw usage(`--registry ${visible(one)}: HOST or HOST:PORT, as images name it`)
  }
  const password = options.passwordStdin === true ? await readPassword() : newPassword()
  process.stdout.write(
    formatSecretPair({
      ...{ namespace, username, password, pullSecretName },
      hash: options.hash === true ? await hashOf(password) : undefined,
      secretName: config.secretName,
      registries,
    }),
  )
  if (registries.length === 0) {
    say([
      'no Secret for imagePullSecrets, since nothing says where images are pulled from: --registry HOST makes it, ' +
        'with what stands before the first slash of their names',
    ])
  }
}
