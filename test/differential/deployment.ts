import { fetchToken } from '../support/http.ts'
import { startOpenRegistry } from '../support/registry.ts'
import { startStack, type Stack } from '../support/stack.ts'
import { beginUploads, plantCanaries, pushBlob } from './canaries.ts'
import { BASE, repositoriesOf } from './client-requests.ts'
import { CLIENTS } from './generate.ts'
import { OWN } from './hostile-requests.ts'
import { AUDIT } from './records.ts'
import type { Side } from './side.ts'

/** Where corpus lines work; see corpus.ts. */
export const CORPUS_REPOSITORY = 'team-a/corpus'

export interface DeploymentOptions {
  readonly registry: '2.8' | '3'
  /** Whether Envoy tidies paths before rauth sees them. */
  readonly normalize: boolean
  readonly tls?: boolean
}

/** The four that the product must be right in. */
export const DEPLOYMENTS: readonly DeploymentOptions[] = [
  { registry: '3', normalize: true },
  { registry: '3', normalize: false },
  { registry: '2.8', normalize: true },
  { registry: '2.8', normalize: false },
]

export function nameOf({ registry, normalize }: DeploymentOptions): string {
  return `registry ${registry}, Envoy ${normalize ? 'normalizes' : 'passes raw paths on'}`
}

/** Envoy and rauth with a registry that trusts them, and beside it the registry alone: the oracle. */
export interface Deployment {
  /** rauth and what is round it. */
  readonly stack: Stack
  readonly front: Side
  /** Where Envoy takes the same with TLS. */
  readonly tls: number | undefined
  readonly oracle: Side
  stop(): Promise<void>
}

export async function startDeployment(options: DeploymentOptions): Promise<Deployment> {
  const stack = await startStack({
    ...{ registry: options.registry, registryAuth: false, envoy: true },
    ...{ normalize: options.normalize, tls: options.tls ?? false, quiet: true },
    environment: { RAUTH_TOKEN_EXPIRY: '24h', RAUTH_GUESSING_FAILURES: '0' },
    settings: AUDIT,
  })
  try {
    const registry = await startOpenRegistry(options.registry)
    const stop = async () => {
      await registry.stop()
      await stack.stop()
    }
    try {
      const login = stack.login('team-a')
      const scopes = (client: number) =>
        [OWN, BASE.repository, CORPUS_REPOSITORY, ...repositoriesOf(client)].map(
          (name) => `repository:${name}:pull,push,delete`,
        )
      const tokens = await Promise.all(
        Array.from({ length: CLIENTS }, (_, client) =>
          fetchToken(stack.entry, login, stack.service, ...scopes(client)),
        ),
      )
      const side = async (port: number, upstream: number): Promise<Side> => {
        await plantCanaries(upstream)
        for (const blob of BASE.blobs) await pushBlob(upstream, BASE.repository, blob)
        const uploads = tokens.map((_, client) => `${uploadsOf(client)}${NO_UPLOAD}`)
        return {
          port,
          registry: upstream,
          other: await beginUploads(upstream, OWN),
          tokens,
          uploads,
        }
      }
      return {
        stack,
        front: await side(stack.entry, stack.upstream),
        oracle: await side(registry.port, registry.port),
        tls: stack.entryTls,
        stop,
      }
    } catch (error) {
      await stop()
      throw error
    }
  } catch (error) {
    await stack.stop().catch(() => undefined)
    throw error
  }
}

const NO_UPLOAD = '00000000-0000-4000-8000-000000000000?_state=none'
const uploadsOf = (client: number) => `/v2/${repositoriesOf(client)[0] ?? ''}/blobs/uploads/`
