import { request } from 'node:http'

export interface GetAnswer {
  readonly status: number
  readonly body: string
}

export interface GetOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
}

/** Milliseconds. */
const PATIENCE = 5_000

/** One GET. Not fetch: that refuses ports which a user may well choose, such as 5060 or 6000. */
export function httpGet(
  url: string,
  { headers = {}, signal }: GetOptions = {},
): Promise<GetAnswer> {
  return new Promise((resolve, reject) => {
    const options = { agent: false, headers: { ...headers }, timeout: PATIENCE, signal }
    const outgoing = request(url, options, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (text: string) => (body += text))
      response.on('error', reject)
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body })
      })
    })
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer from ${url}`)))
    outgoing.on('error', reject)
    outgoing.end()
  })
}
