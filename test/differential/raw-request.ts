/**
 * An HTTP/1.1 request as its bytes are: nothing is tidied, and each character is one byte. Texts may
 * hold placeholders such as `{token}`, for what is known only where the request is sent.
 */
export interface RawRequest {
  readonly method: string
  readonly target: string
  readonly headers: readonly HeaderLine[]
  readonly body: string
}

export type HeaderLine = readonly [name: string, value: string]

/** What placeholders stand for. */
export type Values = Readonly<Record<string, string>>

/** A header line with this value is not sent, and neither is what would be sent without the line. */
export const ABSENT = '{none}'

const WITH_BODY = ['POST', 'PUT', 'PATCH']

export function fill(text: string, values: Values): string {
  return text.replace(/\{([a-z-]+)\}/g, (all, name: string) => values[name] ?? all)
}

/**
 * The bytes to send. Host, Authorization and Content-Length are added where no line names them; a
 * line that does is sent as it is, right or wrong.
 */
export function toBytes(request: RawRequest, values: Values): Buffer {
  const named = new Set(request.headers.map(([name]) => name.trim().toLowerCase()))
  const body = fill(request.body, values)
  const usual: HeaderLine[] = [
    ['Host', 'localhost'],
    ['Authorization', 'Bearer {token}'],
  ]
  if (!named.has('transfer-encoding') && (body !== '' || WITH_BODY.includes(request.method))) {
    usual.push(['Content-Length', String(body.length)])
  }
  const lines = [...usual.filter(([name]) => !named.has(name.toLowerCase())), ...request.headers]
    .filter(([, value]) => value !== ABSENT)
    .map(([name, value]) => `${name}: ${fill(value, values)}\r\n`)
  const requestLine = `${request.method} ${fill(request.target, values)} HTTP/1.1\r\n`
  return Buffer.from(`${requestLine}${lines.join('')}\r\n${body}`, 'latin1')
}

/**
 * The request as one line that people read and {@link parseLine} reads back:
 * `METHOD TARGET | Name: value | Name: value || body`, with `\xNN` for what would not show.
 */
export function toLine({ method, target, headers, body }: RawRequest): string {
  const parts = [
    `${escape(method).replaceAll(' ', '\\x20')} ${escape(target).replaceAll(' ', '\\x20')}`,
    ...headers.map(([name, value]) => `${escape(name)}: ${escape(value)}`),
  ]
  return parts.join(' | ') + (body === '' ? '' : ` || ${escape(body)}`)
}

export function parseLine(line: string): RawRequest {
  const bodyAt = line.indexOf(' || ')
  const front = bodyAt < 0 ? line : line.slice(0, bodyAt)
  const [start = '', ...headers] = front.split(' | ')
  const space = start.indexOf(' ')
  if (space < 0) throw new Error(`not METHOD TARGET: ${line}`)
  return {
    method: unescape(start.slice(0, space)),
    target: unescape(start.slice(space + 1)),
    headers: headers.map((text) => {
      const colon = text.indexOf(': ')
      if (colon < 0) throw new Error(`not "Name: value" in ${line}`)
      return [unescape(text.slice(0, colon)), unescape(text.slice(colon + 2))]
    }),
    body: bodyAt < 0 ? '' : unescape(line.slice(bodyAt + 4)),
  }
}

/** Printable ASCII stays, but for what the form of a line uses. */
function escape(text: string): string {
  return text.replace(/[^\x20-\x7e]|[\\|]|^ | $/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
}

function unescape(text: string): string {
  return text.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  )
}
