import { randomUUID } from 'node:crypto'
import { createCheck, startGrpcServer } from '../../../src/adapters/ext-authz/grpc-server.ts'
import { listenHttp } from '../../../src/adapters/listen.ts'
import { createClientAddress } from '../../../src/adapters/token-http/client-address.ts'
import { createTokenExchange, createTokenServer } from '../../../src/adapters/token-http/server.ts'
import type { Clock } from '../../../src/clock.ts'
import type { CredentialStore } from '../../../src/credentials/credential.ts'
import { startChecking } from '../checking.ts'
import { SERVICE, startFlows } from '../flows.ts'
import { ask, basic } from '../http.ts'

/** How long an answer may take, milliseconds: no request waits for an API server. */
const PATIENCE = 5_000

const LOOPBACK = { host: '127.0.0.1', port: 0 }

const WHERE = { realm: 'https://registry.test/token', service: SERVICE, realms: new Map() }

/** A token service and a gateway over one store, asked over their ports as clients and an Envoy ask them. */
export interface Halves {
  /** The token for this namespace's `app`, or the status of the refusal. */
  token(namespace: string, password: string): Promise<string | number>
  /** What the gateway says to a pull of a namespace's `app`. */
  pull(namespace: string, token: string): Promise<number>
  close(): Promise<void>
}

export async function startHalves(
  store: CredentialStore,
  clock: Clock,
  onFailure: (thrown: unknown) => void,
): Promise<Halves> {
  const flows = startFlows([], { store, clock, newId: randomUUID, record: () => undefined })
  const token = await listenHttp(
    createTokenServer(
      createTokenExchange({
        ...{ ...WHERE, issuer: 'rauth', issueToken: flows.issueToken, onFailure },
        ...{ jwks: () => flows.keys.jwks(), running: () => true, pathPrefix: '' },
        clientAddress: createClientAddress([]),
        catalog: {
          listCatalog: flows.listCatalogOf(undefined),
          service: SERVICE,
          timeout: PATIENCE,
        },
      }),
    ),
    LOOPBACK,
  )
  const gateway = await startGrpcServer(
    {
      check: createCheck({
        ...{ ...WHERE, checkAccess: flows.checkAccess, onFailure, stripAuthorization: false },
      }),
      ...{ onFailure, ready: () => store.ready() },
    },
    LOOPBACK,
  )
  const checking = startChecking(gateway.port, PATIENCE)
  return {
    async token(namespace, password) {
      const query = new URLSearchParams({
        ...{ service: SERVICE, scope: `repository:${namespace}/app:pull,push` },
      })
      const { status, body } = await ask(token.port, `/token?${query.toString()}`, {
        headers: { authorization: basic(namespace, password) },
      })
      return status === 200 ? (JSON.parse(body) as { token: string }).token : status
    },
    pull: (namespace, bearer) =>
      checking.check({
        ...{ method: 'GET', path: `/v2/${namespace}/app/manifests/v1`, token: bearer },
      }),
    async close() {
      checking.close()
      await Promise.all([token.close(0), gateway.close(0)])
    },
  }
}
