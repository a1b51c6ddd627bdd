import { Command, InvalidArgumentError } from 'commander'
import { provideCredentials } from '../credential-provider/provide.ts'
import { isRegistryHost } from '../registry/registry-host.ts'
import { MAX_REQUEST, parseRequest } from '../credential-provider/request.ts'
import { isOfApiServer } from '../service-account.ts'
import { usage } from './asking/usage.ts'

interface CredentialProviderOptions {
  readonly registry: readonly string[]
  readonly audience: string
}

export function credentialProviderCommand(): Command {
  return new Command('credential-provider')
    .description('Answer the kubelet, which runs this: a pod pulls by its ServiceAccount token.')
    .requiredOption(
      '--registry <host[:port]>',
      'who may see the token, as images name it; repeatable',
      addRegistry,
    )
    .requiredOption('--audience <audience>', 'whom the token must be for, and for nobody else')
    .addHelpText(
      'after',
      '\nExample:\n' +
        '  rauth credential-provider --registry registry.example --audience registry.example < request.json\n' +
        '\nThe kubelet writes a CredentialProviderRequest to stdin and reads a CredentialProviderResponse from\n' +
        'stdout (credentialprovider.kubelet.k8s.io/v1).',
    )
    .exitOverride()
    .action(async (options: CredentialProviderOptions) => {
      const { registry: registries, audience } = options
      if (audience === '') throw usage('--audience is empty')
      if (isOfApiServer(audience)) {
        throw usage(`--audience ${audience} is that of tokens for the API server: choose your own`)
      }
      if (process.stdin.isTTY) {
        throw usage('the kubelet runs this, and writes its request to stdin; see --help')
      }
      const request = parseRequest(await readRequest())
      const response = provideCredentials(request, { registries, audience }, Date.now() / 1000)
      process.stdout.write(`${response.reveal()}\n`)
    })
}

function addRegistry(host: string, before: readonly string[] = []): readonly string[] {
  if (isRegistryHost(host)) return [...before, host]
  throw new InvalidArgumentError(
    'a registry is HOST or HOST:PORT, as images name it: no scheme, no path, no wildcard',
  )
}

/** All of stdin, or the first bytes that are too many. */
async function readRequest(): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    length += chunk.length
    if (length > MAX_REQUEST) break
  }
  return Buffer.concat(chunks)
}
