import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { Router, type Request, type RequestHandler, type Response } from 'express'
import { parentOf, requestIdOf, type RequestOrigin } from '../../decision.ts'
import { messageOf } from '../../errors.ts'
import type { IssueToken, TokenRequest } from '../../issue-token.ts'
import { refused, type Reason, type Result } from '../../refusal.ts'
import type { RouteName } from '../../route-name.ts'
import type { KeySet } from '../../token/key-set.ts'
import {
  bodyLength,
  createExchangeServer,
  sendAnswer,
  type HttpAnswer,
  type HttpExchange,
} from '../http-exchange.ts'
import type { ListenerTls } from '../tls.ts'
import { limitConnections } from '../most-connections.ts'
import { addCatalogRoute, type CatalogOptions } from './catalog-route.ts'
import type { ClientAddress } from './client-address.ts'
import { discoveryDocument } from './discovery.ts'
import { readFormBody } from './form-body.ts'
import { MAX_FORM } from './parameters.ts'
import { readTokenForm, readTokenRequest } from './token-request.ts'
import { formatTokenResponse } from './token-response.ts'
import { unknownPath } from './unknown-path.ts'

export interface TokenExchangeOptions {
  readonly issueToken: IssueToken
  readonly jwks: KeySet['jwks']
  /** `iss` of the tokens. */
  readonly issuer: string
  /** The configured address of `/token`: nothing in a request changes it. */
  readonly realm: string
  /** That of each other service, by its name. */
  readonly realms: ReadonlyMap<string, string>
  readonly clientAddress: ClientAddress
  /** Stands before every path but those of the health checks and the catalog; empty, or `/…`. */
  readonly pathPrefix: string
  readonly catalog: CatalogOptions
  /** False once it is to stop, while it still answers: for whoever asks which service to use. */
  readonly running: () => boolean
  /** Told of an answer that could not be given. */
  readonly onFailure: (thrown: unknown) => void
}

/** Limits of a connection and of what may come in over it; times in milliseconds. */
const LIMITS = {
  /** Request line and headers, bytes. */
  maxHeaderSize: 16 * 1024,
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  /** Envoy ends idle connections after 4 s: the end that sends requests must be the first to go. */
  keepAliveTimeout: 5_000,
}

const MAX_CONNECTIONS = 2_000
const MAX_HEADERS = 100
/** Longest body that is read to its end, to keep the connection; bytes. */
const MAX_BODY = MAX_FORM

/** Seconds for which the public keys may be kept: how long a removed one may live on. */
const JWKS_AGE = 60

/**
 * A request target, RFC 9112 §3.2, in one of the forms that have a path. For some others Express has
 * no route at all and answers with a page of its own.
 */
const TARGET = /^(?:\/|\*$|https?:\/\/[\w.:-]+\/)/i

/** A server with the limits of the token port; not listening yet. */
export function createTokenServer(exchange: HttpExchange, tls?: ListenerTls): Server {
  const server = createExchangeServer(LIMITS, exchange, tls)
  limitConnections(server, MAX_CONNECTIONS)
  return server
}

/** The token endpoint, the public keys, the catalog and a sign of life. */
export function createTokenExchange(options: TokenExchangeOptions): HttpExchange {
  const clientOf = ({ socket, headersDistinct }: IncomingMessage) =>
    options.clientAddress(socket.remoteAddress, (name) => headersDistinct[name] ?? [])
  const originOf = (request: IncomingMessage) => readOrigin(request, clientOf(request))
  const answer = async (parsed: Result<TokenRequest>, origin: RequestOrigin) => {
    const service = parsed.ok ? parsed.value.service : ''
    const realm = options.realms.get(service) ?? options.realm
    const decision = await options.issueToken(parsed, origin)
    return formatTokenResponse(decision, realm, origin.method === 'POST')
  }
  const decide: Decide = async (request, response, parsed, asked) => {
    const client = clientOf(request)
    const decidable = parsed.ok && !client.ok ? client : parsed
    const origin = { ...readOrigin(request, client), ...asked }
    send(request, response, await answer(decidable, origin))
  }
  const routes = createRoutes(options, originOf, decide)

  /** What no route answered, or failed to. */
  async function finish(
    request: IncomingMessage,
    response: ServerResponse,
    thrown: unknown,
  ): Promise<void> {
    try {
      if (response.headersSent) throw thrown
      const path = unknownPath(request.url ?? '', options.pathPrefix)
      const refusal =
        thrown === undefined || thrown === null
          ? refused('not_found')
          : refused('internal', { detail: messageOf(thrown) })
      await decide(request, response, refusal, { path })
    } catch (failure) {
      options.onFailure(failure)
      request.socket.destroy()
    }
  }

  return {
    async serve(request, response) {
      const flaw = flawOf(request)
      if (flaw !== undefined) {
        await decide(request, response.setHeader('Connection', 'close'), flaw)
      } else if (!TARGET.test(request.url ?? '')) {
        await decide(request, response, refused('request_malformed'))
      } else {
        routes(request as Request, response as Response, (thrown: unknown) => {
          void finish(request, response, thrown)
        })
      }
    },
    connect: (request) => answer(refused('method_unsupported'), originOf(request)),
    refuse: (refusal, origin) => answer({ ok: false, refusal }, origin),
    onFailure: options.onFailure,
  }
}

/** Answers a request for a token, or what is refused before it is one. */
type Decide = (
  request: IncomingMessage,
  response: ServerResponse,
  parsed: Result<TokenRequest>,
  asked?: Pick<RequestOrigin, 'route' | 'path'>,
) => Promise<void>

/**
 * Express's router on Node's own request and response: an application would change the prototypes of
 * both, which costs more than all the rest of an answer, for methods that nothing here calls.
 */
function createRoutes(
  options: TokenExchangeOptions,
  originOf: (request: IncomingMessage) => RequestOrigin,
  decide: Decide,
): Router {
  const routes = Router({ caseSensitive: true, strict: true })

  /** Not 404 for whatever else is tried, because crane would go on without its credentials. */
  const unsupported =
    (allow: readonly string[], route?: RouteName): RequestHandler =>
    (request, response) =>
      decide(request, response, refused('method_unsupported', { allow }), route && { route })
  const unsupportedToken = unsupported(['GET', 'POST'], 'token')
  const unsupportedPage = unsupported(['GET', 'HEAD'])

  // containerd and `helm registry login` try POST first, BuildKit GET; a 401 sends each to the other.
  // No HEAD: its answer has no body, so it could only make tokens that nobody gets.
  routes
    .route(['/token', '/auth', '/auth/token'].map((path) => options.pathPrefix + path))
    .head(unsupportedToken)
    .get((request, response) => {
      const parsed = readTokenRequest(queryOf(request), authorizationOf(request))
      return decide(request, response, parsed, { route: 'token' })
    })
    .post(async (request, response) => {
      const form = await readFormBody(request, response)
      if (form === undefined) return
      if (!request.complete) response.setHeader('Connection', 'close')
      const parsed = form.ok
        ? readTokenForm(form.value, queryOf(request), authorizationOf(request))
        : form
      await decide(request, response, parsed, { route: 'token' })
    })
    .all(unsupportedToken)

  routes
    .route(['/health', '/healthz'])
    .get((request, response) => {
      const running = options.running()
      const answer = json({ status: running ? 'ok' : 'stopping' }, 'application/json', 'no-store')
      send(request, response, running ? answer : { ...answer, status: 503 })
    })
    .all(unsupportedPage)

  routes
    .route(`${options.pathPrefix}/jwks.json`)
    .get((request, response) => {
      // RFC 7517 §8.5.2.
      const type = 'application/jwk-set+json'
      send(request, response, json(options.jwks(), type, `public, max-age=${JWKS_AGE}`))
    })
    .all(unsupportedPage)

  routes
    .route(`${options.pathPrefix}/.well-known/openid-configuration`)
    .get((request, response) => {
      const document = discoveryDocument({ ...options, jwks: options.jwks() })
      const caching = `public, max-age=${JWKS_AGE}`
      send(request, response, json(document, 'application/json', caching))
    })
    .all(unsupportedPage)

  const exchange = { realm: options.realm, originOf, queryOf, authorizationOf, send }
  addCatalogRoute(routes, options.catalog, exchange)

  return routes
}

function readOrigin(
  { method, headers }: IncomingMessage,
  client: ReturnType<ClientAddress>,
): RequestOrigin {
  const { 'x-request-id': requestId, traceparent: trace } = headers
  const address = client.ok ? client.value : undefined
  return {
    ...(address === undefined ? {} : { address }),
    ...(method === undefined ? {} : { method }),
    // Envoy's, or of whoever comes past it: it only has to be found again.
    ...requestIdOf(typeof requestId === 'string' ? requestId : undefined),
    // Of several, Node makes one text that is none.
    ...parentOf(typeof trace === 'string' ? trace : undefined),
  }
}

function queryOf({ url = '' }: IncomingMessage): string {
  const mark = url.indexOf('?')
  return mark < 0 ? '' : url.slice(mark + 1)
}

/** Each Authorization header by itself. */
function authorizationOf({ headersDistinct }: IncomingMessage): readonly string[] {
  return headersDistinct['authorization'] ?? []
}

/** What is wrong with a request wherever it goes; its connection is closed then. */
function flawOf(request: IncomingMessage): ReturnType<typeof refused> | undefined {
  const flaw = (reason: Reason, detail: string) => refused(reason, { detail })
  const { method = '', url = '', rawHeaders, headersDistinct, httpVersion } = request
  // Refused, since of thousands Node drops some without a word: a second Authorization, perhaps.
  if (rawHeaders.length > 2 * MAX_HEADERS) return flaw('headers_too_large', 'too many headers')
  // RFC 9112 §3.2. What the header says means nothing here.
  const hosts = headersDistinct['host']?.length ?? 0
  if (hosts > 1 || (hosts === 0 && httpVersion !== '1.0')) {
    return flaw('request_malformed', 'not one Host header')
  }
  // RFC 9112 §3.2: a request target has no fragment. Node and Express disagree on where it ends.
  if (url.includes('#')) return flaw('request_malformed', 'a fragment in the request target')
  const length = bodyLength(request)
  // A body that most servers would skip: only somebody who hides a second request in it sends one.
  if (length > 0 && ['GET', 'HEAD'].includes(method)) {
    return flaw('request_malformed', `a body in a ${method}`)
  }
  if (length > MAX_BODY && length < Infinity) return flaw('request_too_large', 'body too long')
  return undefined
}

function json(value: unknown, type: string, caching: string): HttpAnswer {
  return {
    status: 200,
    headers: {
      'Cache-Control': caching,
      'Content-Type': type,
      'X-Content-Type-Options': 'nosniff',
    },
    body: JSON.stringify(value),
  }
}

/**
 * Answers; a client that would send more than is worth reading, or whose connection closes anyway, is
 * given up after that.
 */
function send(request: IncomingMessage, response: ServerResponse, answer: HttpAnswer): void {
  const closing = response.getHeader('Connection') === 'close' || bodyLength(request) > MAX_BODY
  sendAnswer({ request, response }, answer, closing && !request.complete)
}
