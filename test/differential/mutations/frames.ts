import { OTHERS } from '../canaries.ts'
import type { HeaderLine } from '../raw-request.ts'
import { form } from './bodies.ts'
import { withHeader, type Mutation } from './mutation.ts'

const other = OTHERS[0] ?? ''

/** Another request, hidden in what is a body to one of two. */
const HIDDEN = `GET /v2/${other}/tags/list HTTP/1.1\r\nHost: localhost\r\n\r\n`

export const FRAMES: readonly Mutation[] = [
  (request, random) =>
    withHeader(
      ...[
        '0',
        '1',
        '+5',
        '-1',
        '0x5',
        '5, 5',
        '5,0',
        ' 5',
        '5 ',
        '00',
        '',
        '99999999999999999999',
      ].map((length): HeaderLine[] => [['Content-Length', length]]),
      [
        ['Content-Length', '0'],
        ['Content-Length', '5'],
      ],
      [
        ['Content-Length', String(HIDDEN.length)],
        ['Content-Length', '0'],
      ],
    )({ ...request, body: random.pick([HIDDEN, 'hello', form(random)]) }, random),
  (request, random) => {
    const ended = `0\r\n\r\n${HIDDEN}`
    return withHeader(
      [
        ['Transfer-Encoding', 'chunked'],
        ['Content-Length', String(ended.length)],
      ],
      [
        ['Content-Length', '4'],
        ['Transfer-Encoding', 'chunked'],
      ],
      ...[
        'chunked, identity',
        'identity, chunked',
        'xchunked',
        'Chunked',
        ' chunked',
        'chunked\t',
        '\x0bchunked',
        'gzip, chunked',
        'identity',
        'chunked, chunked',
        '',
      ].map((coding): HeaderLine[] => [['Transfer-Encoding', coding]]),
      [['Transfer-Encoding ', 'chunked']],
      [['Transfer_Encoding', 'chunked']],
      [
        ['Transfer-Encoding', 'identity'],
        ['Transfer-Encoding', 'chunked'],
      ],
    )(
      {
        ...request,
        body: random.pick([
          ended,
          `5\r\nhello\r\n${ended}`,
          `5;a=b\nhello\n${ended}`,
          `-1\r\n${ended}`,
        ]),
      },
      random,
    )
  },
  withHeader(
    ...[
      'authorization',
      'content-type',
      'x-rauth-namespace',
      'close, content-length',
      'transfer-encoding',
      'keep-alive',
      'Upgrade, HTTP2-Settings',
    ].map((names): HeaderLine[] => [['Connection', names]]),
    [
      ['Connection', 'Upgrade'],
      ['Upgrade', 'websocket'],
    ],
    [
      ['Connection', 'Upgrade, HTTP2-Settings'],
      ['Upgrade', 'h2c'],
      ['HTTP2-Settings', 'AAMAAABkAARAAAAAAAIAAAAA'],
    ],
    [
      ['TE', 'trailers'],
      ['Trailer', 'Authorization'],
    ],
  ),
  // Another after it, as clients do that do not wait.
  (request, random) => ({
    ...request,
    headers: [...request.headers, ['Content-Length', '0']],
    body: random.pick([HIDDEN, HIDDEN.repeat(2)]),
  }),
]
