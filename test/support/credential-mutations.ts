import fc from 'fast-check'
import { requestWith, SIGNATURE } from './credential-requests.ts'

/** What JSON is made of, and a little that it is not. */
const PIECES = [
  '{',
  '}',
  '[',
  ']',
  '"',
  ',',
  ':',
  '\\',
  '/',
  'u',
  '0',
  '1',
  '9',
  'e',
  '+',
  '-',
  '.',
]
const MORE = [' ', '\t', '\n', 'n', '"image":', '\\u0061', 'null', '{"a":[]},']

/** Takes one or two pieces of a text out, or puts something in their place. */
function changed(text: string): fc.Arbitrary<string> {
  const edit = fc.record({
    at: fc.nat(text.length),
    length: fc.nat(3),
    put: fc.oneof(fc.constant(''), fc.constantFrom(...PIECES, ...MORE)),
  })
  return fc
    .array(edit, { minLength: 1, maxLength: 2 })
    .map((edits) =>
      edits.reduce(
        (before, { at, length, put }) => before.slice(0, at) + put + before.slice(at + length),
        text,
      ),
    )
}

const base64 = (text: string) => Buffer.from(text).toString('base64url')

/** Requests of a kubelet, and tokens in them, that are not quite right. */
export function almostRequests(audience: string, now: number): fc.Arbitrary<string> {
  const claims = JSON.stringify({ aud: [audience], exp: now + 3600, sub: 'system:serviceaccount' })
  const token = changed(claims).map((text) => `e30.${base64(text)}.${SIGNATURE}`)
  return fc.oneof(
    changed(requestWith()),
    token.map((serviceAccountToken) => requestWith({ serviceAccountToken })),
  )
}
