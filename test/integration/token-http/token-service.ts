import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import { listenHttp, type Listener } from '../../../src/adapters/listen.ts'
import {
  createTokenServer,
  type TokenServerOptions,
} from '../../../src/adapters/token-http/server.ts'
import type { IssueToken } from '../../../src/issue-token.ts'
import { person, startFlows, type Flows } from '../../support/flows.ts'

export { SERVICE } from '../../support/flows.ts'
export const REALM = 'https://registry.test/token'
export const PASSWORD = 'correct-horse-battery'

export interface TokenService extends Flows {
  readonly port: number
  readonly server: Server
  readonly listener: Listener
}

export interface TokenServiceOptions {
  /** Stands before the real one. */
  readonly issueToken?: (real: IssueToken) => IssueToken
  readonly jwks?: TokenServerOptions['jwks']
  readonly newId?: () => string
}

/** The token service made of its real pieces, with the one credential of `team-a`. */
export async function startTokenService(options: TokenServiceOptions = {}): Promise<TokenService> {
  const { issueToken = (real: IssueToken) => real, newId = randomUUID } = options
  const flows = startFlows([person('team-a', PASSWORD)], { newId })
  const server = createTokenServer({
    issueToken: issueToken(flows.issueToken),
    jwks: options.jwks ?? (() => flows.keys.jwks()),
    realm: REALM,
  })
  const listener = await listenHttp(server, { host: '127.0.0.1', port: 0 })
  return { ...flows, port: listener.port, server, listener }
}
