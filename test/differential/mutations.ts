import type { Random } from '../support/random.ts'
import { DIGESTS, OTHERS } from './canaries.ts'
import { ABSENT, type HeaderLine, type RawRequest } from './raw-request.ts'

/**
 * What an attacker does to a request so that two who read it read it differently. Each changes one
 * thing and makes its choices by the random numbers that it is given.
 */
export type Mutation = (request: RawRequest, random: Random) => RawRequest

const OWN_PATHS = [
  '/v2/team-a/app',
  '/v2/team-a',
  '/v2/team-a/app/tags/list',
  '/v2/team-a/app/manifests/v1',
]

const percent = (character: string, upper: boolean) => {
  const hex = character.charCodeAt(0).toString(16).padStart(2, '0')
  return `%${upper ? hex.toUpperCase() : hex}`
}

/** Path and query, with the `?` in the query. */
function split(target: string): readonly [path: string, query: string] {
  const mark = target.indexOf('?')
  return mark < 0 ? [target, ''] : [target.slice(0, mark), target.slice(mark)]
}

const onPath =
  (change: (path: string, random: Random) => string): Mutation =>
  (request, random) => {
    const [path, query] = split(request.target)
    return { ...request, target: `${change(path, random)}${query}` }
  }

const onQuery =
  (change: (pairs: readonly string[], random: Random) => readonly string[]): Mutation =>
  (request, random) => {
    const [path, query] = split(request.target)
    const pairs = query === '' ? [] : query.slice(1).split('&')
    return { ...request, target: `${path}?${change(pairs, random).join('&')}` }
  }

const withHeader =
  (...choices: readonly (readonly HeaderLine[])[]): Mutation =>
  (request, random) => ({ ...request, headers: [...request.headers, ...random.pick(choices)] })

/** At a random slash, or at the front where there is none. */
function atSlash(path: string, random: Random, put: (slash: string) => string): string {
  const slashes = [...path.matchAll(/\//g)].map(({ index }) => index)
  const at = slashes.length === 0 ? 0 : random.pick(slashes)
  return `${path.slice(0, at)}${put(path.slice(at, at + 1))}${path.slice(at + 1)}`
}

function atLetter(path: string, random: Random, put: (letter: string) => string): string {
  const at = random.below(Math.max(1, path.length))
  return `${path.slice(0, at)}${put(path.slice(at, at + 1) || 'a')}${path.slice(at + 1)}`
}

const PATHS: readonly Mutation[] = [
  onPath((path, random) =>
    atSlash(path, random, () =>
      random.pick([
        '%2F',
        '%2f',
        '%252F',
        '%5C',
        '\\',
        '%c0%af',
        '//',
        '/./',
        '/%2e/',
        '/.//',
        ';/',
        '/..;/',
      ]),
    ),
  ),
  onPath((path, random) =>
    atLetter(path, random, (letter) => percent(letter, random.below(2) === 0)),
  ),
  onPath((path, random) =>
    atLetter(path, random, (letter) => percent(letter, false).replace('%', '%25')),
  ),
  onPath((path, random) => {
    const up = random.pick([
      '..',
      '%2e%2e',
      '.%2e',
      '%2E.',
      '..;',
      '..%00',
      '..%2f..',
      '..\\..',
      '..%5c..',
    ])
    const own = random.pick(OWN_PATHS)
    const depth = own.split('/').length - 1
    const rest = random.below(2) === 0 ? path.replace(/^\/v2(?=\/)/, '/v2') : path
    const climb = Array.from({ length: random.pick([depth, depth - 1, 1]) }, () => up).join('/')
    return `${own}/${climb}${random.pick([rest, rest.replace(/^\/v2/, '')])}`
  }),
  onPath((path, random) =>
    path.replace(/team-[ab]/, (name) =>
      random.pick([
        name.toUpperCase(),
        `${name}:80`,
        `./${name}`,
        `x/../${name}`,
        `%00${name}`,
        ` ${name}`.replace(' ', '%20'),
        `${name}.`,
        `[::1]/${name}`,
        `team-a%2F..%2F${name}`,
        `team-a;${name}`,
      ]),
    ),
  ),
  onPath(
    (path, random) =>
      `${path}${random.pick(['/', '//', '/.', '/..', '%00', '%0d%0a', '%20', '%3F', '%23', '#', '#/v2/team-a/app/tags/list', ';a=b', ';/v2/team-a/app/tags/list', '%3F/v2/team-a/app/tags/list', '.json', '\\', '\xff', '%ff'])}`,
  ),
  onPath((path, random) =>
    random.pick([
      `/${path}`,
      `//localhost${path}`,
      `http://localhost${path}`,
      `http://evil.example${path}`,
      `https://localhost:443${path}`,
      `http:${path}`,
      path.slice(1),
      `/.${path}`,
      `/token/..${path}`,
      `/token%2f..${path}`,
      `/jwks.json/..${path}`,
      `/V2${path.slice(3)}`,
      `/v2x${path.slice(3)}`,
      `/v2/v2${path.slice(3)}`,
      `/auth;${path}`,
      `/%76%32${path.slice(3)}`,
    ]),
  ),
  onPath((path, random) =>
    path.replace(/(tags|manifests|blobs|uploads|referrers|list)/, (word) =>
      random.pick([
        word.toUpperCase(),
        `${word}/${word}`,
        `manifests/${word}`,
        `${word}%2f`,
        `tags/list/${word}`,
        `blobs/uploads/${word}`,
      ]),
    ),
  ),
  onPath((path, random) =>
    path.replace(
      'sha256:',
      random.pick([
        'sha256%3A',
        'sha256%3a',
        'sha256%253A',
        'SHA256:',
        'sha256::',
        'sha512:',
        'sha256-',
      ]),
    ),
  ),
]

/** A pair whose reading differs: one of them, spelled in some way. */
function spelled(random: Random): string {
  const other = random.pick(OTHERS)
  const key = random.pick([
    'from',
    'from',
    'from',
    'fr%6Fm',
    '%66rom',
    'From',
    'from%00',
    ' from',
    'from[]',
    'mount',
    '%6dount',
  ])
  const value = key.includes('ount')
    ? random.pick([DIGESTS.layer, DIGESTS.layer.replace(':', '%3A')])
    : random.pick([
        other,
        other.replace('/', '%2F'),
        'team-a/app',
        `team-a/../${other}`,
        `team-a%2f..%2f${other}`,
        `${other}%00`,
        `${other};x`,
        '%zz',
        'team-a/app;x',
        `${other}+`,
        other.toUpperCase(),
        '',
      ])
  return `${key}=${value}`
}

const QUERIES: readonly Mutation[] = [
  onQuery((pairs, random) => [...pairs, spelled(random)]),
  onQuery((pairs, random) => [spelled(random), ...pairs]),
  onQuery((pairs, random) =>
    pairs.flatMap((pair) => random.pick([[pair], [pair, pair], [pair, ''], ['', pair]])),
  ),
  onQuery((pairs, random) =>
    pairs.map((pair) => atLetter(pair, random, (letter) => percent(letter, false))),
  ),
  onQuery((pairs, random) => {
    const [first = 'mount=x', ...rest] = pairs
    return [`${first}${random.pick([';', '%26', '&&', '#', '?', '%00', '%0a'])}${rest.join('&')}`]
  }),
  onQuery((pairs) => [...pairs].reverse()),
  onQuery((pairs, random) => [
    ...pairs,
    random.pick([
      '_method=GET',
      'token={token}',
      'access_token={token}',
      'n=1000',
      'last=%00',
      'ns=team-b',
      'digest=sha256:00',
      '_state={b-state}',
      'x',
    ]),
  ]),
  (request, random) => ({
    ...request,
    target: `${request.target}${random.pick(['?', '??', '#x', '&', '?/v2/team-a/app/tags/list'])}`,
  }),
]

const METHODS: readonly Mutation[] = [
  (request, random) => ({
    ...request,
    method: random.pick([
      'GET',
      'HEAD',
      'POST',
      'PUT',
      'PATCH',
      'DELETE',
      'OPTIONS',
      'TRACE',
      'get',
      'Post',
      'PROPFIND',
      'PURGE',
      'MKCOL',
      'X',
      'GET\t',
    ]),
  }),
  withHeader(
    [['X-HTTP-Method-Override', 'GET']],
    [['X-HTTP-Method-Override', 'DELETE']],
    [['X-Method-Override', 'PUT']],
    [['X-HTTP-Method', 'DELETE']],
  ),
]

const other = OTHERS[0] ?? ''

const HEADERS: readonly Mutation[] = [
  withHeader(
    ...[
      'X-Original-URL',
      'X-Rewrite-URL',
      'X-Envoy-Original-Path',
      'X-Forwarded-Uri',
      'X-Original-Uri',
    ].map((name): HeaderLine[] => [[name, random0(name)]]),
    [['X-Forwarded-Prefix', `/v2/${other}`]],
    [['X-Forwarded-Host', 'evil.example']],
    [['Forwarded', 'host=evil.example;proto=https']],
    [['X-Forwarded-For', '127.0.0.1']],
  ),
  withHeader(
    [
      ['X-Rauth-Account', 'team-b'],
      ['X-Rauth-Namespace', 'team-b'],
    ],
    [['X_Rauth_Namespace', 'team-b']],
    [['x-envoy-internal', 'true']],
    [['x-envoy-external-address', '127.0.0.1']],
    [['x-envoy-upstream-alt-stat-name', 'x']],
    [['x-envoy-retry-on', '5xx']],
  ),
  withHeader(
    [
      ['Authorization', 'Bearer {token}'],
      ['Authorization', 'Bearer x'],
    ],
    [
      ['Authorization', 'Bearer x'],
      ['Authorization', 'Bearer {token}'],
    ],
    [['Authorization', 'Bearer {token},Bearer {token}']],
    [['Authorization', 'Bearer {token} x']],
    [['Authorization', 'Bearer\t{token}']],
    [['Authorization', 'bearer   {token}']],
    [['Authorization', 'Bearer {token}=']],
    [['Authorization', 'Basic dGVhbS1iOg==']],
    [['Authorization', '']],
    [['Authorization', ABSENT]],
    [['Authorization ', 'Bearer {token}']],
    [['Proxy-Authorization', 'Bearer {token}']],
    [['Cookie', 'token={token}']],
  ),
  withHeader(
    [['Host', 'evil.example']],
    [
      ['Host', 'localhost'],
      ['Host', 'evil.example'],
    ],
    [['Host', 'localhost/v2/team-b']],
    [['Host', ABSENT]],
    [['Host', '']],
  ),
  withHeader(
    [['Content-Encoding', 'gzip']],
    [['Accept-Encoding', 'gzip']],
    [['Range', 'bytes=0-9999']],
    [['If-None-Match', '*']],
  ),
  // A header whose end or beginning some would see elsewhere.
  withHeader(
    [['X-A', 'b\r\n Authorization: x']],
    [['X-A', 'b\nX-B: c']],
    [['X-A', 'b\0c']],
    [['X-A', '\x80\xff']],
    [['X A', 'b']],
    [['', 'b']],
  ),
]

function random0(name: string): string {
  return name.startsWith('X-O') ? `/v2/${other}/tags/list` : `/v2/${other}/manifests/${DIGESTS.tag}`
}

const FORM = 'application/x-www-form-urlencoded'
const FORM_TYPES = [
  FORM,
  `${FORM}; charset=utf-8`,
  'Application/X-WWW-Form-URLEncoded',
  `${FORM};`,
  ` ${FORM}`,
  `${FORM}\t`,
  `application/octet-stream, ${FORM}`,
  `${FORM}, application/octet-stream`,
  'application/x-www-form-urlencoded\xa0',
  'application/x-www-form-\xe9',
  '',
]
const MULTIPART_TYPES = [
  'multipart/form-data; boundary=X',
  'multipart/mixed; boundary="X"',
  'Multipart/Form-Data;boundary=X',
  'multipart/form-data;  charset=a; boundary=X',
]

function form(random: Random): string {
  const pairs = [
    `mount=${DIGESTS.layer}`,
    `from=${random.pick(OTHERS).replace('/', random.pick(['/', '%2F']))}`,
  ]
  return (random.below(2) === 0 ? pairs : pairs.reverse()).join('&')
}

function multipart(random: Random): string {
  const parts = { mount: DIGESTS.layer, from: random.pick(OTHERS) }
  const texts = Object.entries(parts).map(
    ([name, value]) => `--X\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  )
  return `${texts.join('')}--X--\r\n`
}

const BODIES: readonly Mutation[] = [
  (request, random) =>
    withHeader([['Content-Type', random.pick(FORM_TYPES)]])(
      { ...request, body: form(random) },
      random,
    ),
  (request, random) =>
    withHeader([['Content-Type', random.pick(MULTIPART_TYPES)]])(
      { ...request, body: multipart(random) },
      random,
    ),
  (request, random) =>
    withHeader(
      [
        ['Content-Type', 'application/octet-stream'],
        ['Content-Type', FORM],
      ],
      [
        ['Content-Type', FORM],
        ['Content-Type', 'application/octet-stream'],
      ],
      [['content_type', FORM]],
      [['Content-Type ', FORM]],
    )({ ...request, body: form(random) }, random),
  withHeader(
    [['Content-Type', 'application/json']],
    [['Content-Type', 'text/plain']],
    [['Content-Type', FORM]],
  ),
  (request) => ({ ...request, method: 'POST' }),
]

/** Another request, hidden in what is a body to one of two. */
const HIDDEN = `GET /v2/${other}/tags/list HTTP/1.1\r\nHost: localhost\r\n\r\n`

const FRAMES: readonly Mutation[] = [
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

/** What is tried often is in there more than once. */
export const MUTATIONS: readonly Mutation[] = [
  ...PATHS, ...PATHS, ...PATHS,
  ...QUERIES, ...QUERIES, ...QUERIES,
  ...BODIES, ...BODIES, ...BODIES,
  ...HEADERS, ...HEADERS,
  ...METHODS, ...METHODS,
  ...FRAMES,
] // prettier-ignore

const FRAMING = /^(?:content[-_]length|transfer[-_]encoding|connection|upgrade|expect|te)$/

/** Whether servers may disagree where this request ends: it then needs a connection of its own. */
export function isUnframed({ method, target, headers }: RawRequest): boolean {
  return (
    !/^[A-Z]+$/.test(method) ||
    /[\r\n\0 ]/.test(target) ||
    headers.some(
      ([name, value]) =>
        FRAMING.test(name.trim().toLowerCase()) || /[\r\n\0]/.test(value) || !/^[!-~]+$/.test(name),
    )
  )
}
