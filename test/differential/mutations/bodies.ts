import type { Random } from '../../support/random.ts'
import { DIGESTS, OTHERS } from '../canaries.ts'
import { withHeader, type Mutation } from './mutation.ts'

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

export function form(random: Random): string {
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

export const BODIES: readonly Mutation[] = [
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
