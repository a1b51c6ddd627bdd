import type { HttpAnswer } from '../http-exchange.ts'

/** A GET or HEAD at the operations port. */
export interface OperationsRequest {
  /** What stands in the place of the last part of the path; empty where the route has none such. */
  readonly id: string
  readonly query: URLSearchParams
}

/** What is answered at one path of the operations port. */
export interface OperationsRoute {
  /** `/livez`; or `/decisions/ID`, where the last part, in capitals, stands for any id. */
  readonly path: string
  readonly answer: (request: OperationsRequest) => HttpAnswer | Promise<HttpAnswer>
}

export function json(status: number, value: object): HttpAnswer {
  return {
    status,
    headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' },
    body: JSON.stringify(value),
  }
}

/** Lines for people. */
export function text(status: number, body: string): HttpAnswer {
  return {
    status,
    headers: {
      'Content-Type': 'text/plain; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
    },
    body,
  }
}
