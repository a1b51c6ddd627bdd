import { request, type ClientRequest } from 'node:http'
import { until } from '../until.ts'

export interface StreamEvent {
  readonly name: string
  readonly id: string | undefined
  readonly data: unknown
}

export interface OpenStream {
  readonly status: number
  /** Those that came so far. */
  readonly events: readonly StreamEvent[]
  /** Waits for one that is wanted. */
  next(what: string, wanted: (event: StreamEvent) => boolean): Promise<StreamEvent>
  /** Reads no more, and lets the connection stand. */
  pause(): void
  resume(): void
  readonly ended: () => boolean
  close(): void
}

/** The stream of a live view, as a browser reads it. */
export function openStream(
  port: number,
  { query = '', headers = {} }: { query?: string; headers?: Record<string, string> } = {},
): Promise<OpenStream> {
  return new Promise((resolve, reject) => {
    const host = `localhost:${port}`
    const outgoing: ClientRequest = request({
      ...{ host: '127.0.0.1', port, path: `/live/stream?${query}`, agent: false },
      headers: { host, ...headers },
    })
    outgoing.on('error', reject)
    const limit = setTimeout(() => {
      outgoing.destroy(new Error('no stream within 20 s'))
    }, 20_000).unref()
    outgoing.end()
    outgoing.on('response', (response) => {
      clearTimeout(limit)
      const events: StreamEvent[] = []
      let [text, ended] = ['', false]
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
        const parts = text.split('\n\n')
        text = parts.pop() ?? ''
        events.push(...parts.flatMap(eventIn))
      })
      response.on('error', () => (ended = true)).on('end', () => (ended = true))
      resolve({
        ...{ status: response.statusCode ?? 0, events, ended: () => ended },
        async next(what, wanted) {
          await until(what, 20_000, () => events.some(wanted))
          return events.find(wanted) as StreamEvent
        },
        pause: () => response.pause(),
        resume: () => response.resume(),
        close: () => outgoing.destroy(),
      })
    })
  })
}

function eventIn(text: string): readonly StreamEvent[] {
  const field = (name: string) =>
    text
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2)
  const [name, data] = [field('event'), field('data')]
  if (name === undefined || data === undefined) return []
  return [{ name, id: field('id'), data: JSON.parse(data) as unknown }]
}
