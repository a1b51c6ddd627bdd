import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Router } from 'express'
import type { RequestOrigin } from '../../decision.ts'
import type { CatalogRequest, ListCatalog } from '../../list-catalog.ts'
import { refused, type Result } from '../../refusal.ts'
import type { HttpAnswer } from '../http-exchange.ts'
import { readCatalogRequest } from './catalog-request.ts'
import { formatCatalogResponse } from './catalog-response.ts'

export interface CatalogOptions {
  readonly listCatalog: ListCatalog
  /** The service that the gateway stands before: the catalog is that of its registry. */
  readonly service: string
  /** Longest time that a listing takes, milliseconds. */
  readonly timeout: number
}

/** What of a request the server reads, and how it answers. */
export interface Exchange {
  readonly realm: string
  readonly originOf: (request: IncomingMessage) => RequestOrigin
  readonly queryOf: (request: IncomingMessage) => string
  readonly authorizationOf: (request: IncomingMessage) => readonly string[]
  readonly send: (request: IncomingMessage, response: ServerResponse, answer: HttpAnswer) => void
}

/** What is left to send an answer once it is there, milliseconds. */
const ANSWERING = 5_000

/** `/v2/_catalog`, where the proxy in front sends it here instead of to the registry. */
export function addCatalogRoute(
  routes: Router,
  { listCatalog, service, timeout }: CatalogOptions,
  { realm, originOf, queryOf, authorizationOf, send }: Exchange,
): void {
  async function answer(
    request: IncomingMessage,
    response: ServerResponse,
    parsed: Result<CatalogRequest>,
  ): Promise<void> {
    const gone = new AbortController()
    response.once('close', () => {
      gone.abort()
    })
    // Nothing moves on the connection while the registry is asked.
    request.socket.setTimeout(timeout + ANSWERING)
    const decision = await listCatalog(parsed, originOf(request), gone.signal)
    const count = parsed.ok ? parsed.value.count : 0
    send(request, response, formatCatalogResponse(decision, count, { realm, service }))
  }

  // No HEAD: registries have none here.
  routes
    .route('/v2/_catalog')
    .head((request, response) =>
      answer(request, response, refused('method_unsupported', { allow: ['GET'] })),
    )
    .get((request, response) =>
      answer(request, response, readCatalogRequest(queryOf(request), authorizationOf(request))),
    )
    .all((request, response) =>
      answer(request, response, refused('method_unsupported', { allow: ['GET'] })),
    )
}
