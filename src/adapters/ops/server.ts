import express, { type Express } from 'express'
import type { Metrics } from './metrics.ts'

export interface OperationsOptions {
  readonly metrics: Metrics
  /** Each part of rauth that must be ready, by name. */
  readonly parts: Readonly<Record<string, () => boolean>>
  /** What is wrong with a part that goes on all the same, by its name. */
  readonly troubles: Readonly<Record<string, () => string | undefined>>
}

/** `/livez`, `/readyz` and `/metrics`, for the cluster and never for clients. */
export function createOperationsApp({ metrics, parts, troubles }: OperationsOptions): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.get('/livez', (_request, response) => {
    response.json({ status: 'ok' })
  })
  app.get('/readyz', (_request, response) => {
    const states = Object.entries(parts).map(([name, ready]) => [name, ready()] as const)
    const ready = states.every(([, state]) => state)
    const told = Object.entries(troubles).flatMap(([name, trouble]) => {
      const text = trouble()
      return text === undefined ? [] : [[name, text] as const]
    })
    response.status(ready ? 200 : 503).json({
      status: ready ? 'ok' : 'not ready',
      parts: Object.fromEntries(states),
      ...(told.length > 0 && { troubles: Object.fromEntries(told) }),
    })
  })
  app.get('/metrics', async (_request, response) => {
    response.type(metrics.contentType).send(await metrics.render())
  })
  app.use((_request, response) => {
    response.status(404).json({ status: 'not found', paths: ['/livez', '/readyz', '/metrics'] })
  })
  return app
}
