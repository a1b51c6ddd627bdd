import type { TokenServer } from './token-server.ts'

/** Documents that a clause can come from. */
export const DOCUMENTS = {
  token: 'distribution, docs/content/spec/auth/token.md',
  oauth: 'distribution, docs/content/spec/auth/oauth.md',
  scope: 'distribution, docs/content/spec/auth/scope.md',
  jwt: 'distribution, docs/content/spec/auth/jwt.md',
  'RFC 6749': 'The OAuth 2.0 Authorization Framework',
  'RFC 6750': 'OAuth 2.0 Bearer Token Usage',
  'RFC 7515': 'JSON Web Signature',
  'RFC 7519': 'JSON Web Token',
  'RFC 7617': "The 'Basic' HTTP Authentication Scheme",
  'RFC 8725': 'JSON Web Token Best Current Practices',
  'RFC 9110': 'HTTP Semantics',
  clients: 'what docker, containerd, BuildKit, crane, containers/image or helm send or need',
} as const

export type Document = keyof typeof DOCUMENTS

/** What a server need not have. */
export const FEATURES = ['post', 'refresh', 'anonymous', 'registry'] as const
export type Feature = (typeof FEATURES)[number]

/**
 * One demand on a token server. `check` talks to the server and returns if it is met; else it throws
 * a {@link Failure}, or {@link NotOffered} when the server does not have what the clause is about.
 */
export interface Clause {
  /** Stable: what a list of known failures names. */
  readonly id: string
  readonly document: Document
  /** Where in the document; for clients which of them. */
  readonly place: string
  /**
   * MUST: the document says so, or a client in wide use fails without. SHOULD: the document
   * recommends it, or all clients have a way around.
   */
  readonly level: 'MUST' | 'SHOULD'
  readonly demand: string
  readonly feature?: Feature
  check(server: TokenServer): Promise<void>
}

export class Failure extends Error {}
export class NotOffered extends Error {}

export function expect(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new Failure(otherwise)
}
