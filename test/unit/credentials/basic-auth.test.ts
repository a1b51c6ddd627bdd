import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { MAX_USER_PASS, parseBasic } from '../../../src/credentials/basic-auth.ts'

const basic = (userPass: string | Buffer) => `Basic ${Buffer.from(userPass).toString('base64')}`

function parsed(header: string | undefined) {
  const result = parseBasic(header)
  if (!result.ok) return result.refusal.reason
  if (result.value === undefined) return 'anonymous'
  return [result.value.username, result.value.password.reveal()]
}

const LONGEST = `u:${'p'.repeat(MAX_USER_PASS - 2)}`

describe('parseBasic', () => {
  const presented: readonly (readonly [string, string, readonly [string, string]])[] = [
    ['a user name and a password', basic('team-a:secret'), ['team-a', 'secret']],
    ['the scheme in capitals', basic('a:b').replace('Basic', 'BASIC'), ['a', 'b']],
    ['the scheme in small letters', basic('a:b').replace('Basic', 'basic'), ['a', 'b']],
    ['more than one space', basic('a:b').replace(' ', '   '), ['a', 'b']],
    ['colons in the password', basic('a:b:c:'), ['a', 'b:c:']],
    ['a colon first in the password', basic('a::b'), ['a', ':b']],
    ['an empty password', basic('a:'), ['a', '']],
    ['every letter of the alphabet', 'Basic YTo/Pj8+', ['a', '?>?>']],
    ['spaces inside', basic(' a : b '), [' a ', ' b ']],
    ['a comma inside', basic('a,b:c,d'), ['a,b', 'c,d']],
    ['RFC 7617 §2', 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==', ['Aladdin', 'open sesame']],
    ['RFC 7617 §2.1, UTF-8', 'Basic dGVzdDoxMjPCow==', ['test', '123£']],
    ['NFC as it is', basic('a:\u00e9'), ['a', '\u00e9']],
    ['NFD as it is', basic('a:e\u0301'), ['a', 'e\u0301']],
    ['a byte order mark as it is', basic('\ufeffa:b'), ['\ufeffa', 'b']],
    ['an empty user name, for a refresh token', basic(':secret'), ['', 'secret']],
    ['an empty user name and a colon', basic('::'), ['', ':']],
    ['the longest that fits', basic(LONGEST), ['u', LONGEST.slice(2)]],
  ]
  for (const [name, header, expected] of presented) {
    it(`takes ${name}`, () => {
      assert.deepEqual(parsed(header), expected)
    })
  }

  it('takes no header for anonymous', () => {
    assert.equal(parsed(undefined), 'anonymous')
  })

  it('takes the empty user with the empty password for anonymous', () => {
    assert.equal(parsed('Basic Og=='), 'anonymous')
  })

  const malformed: readonly (readonly [string, string])[] = [
    ['an empty header', ''],
    ['the scheme alone', 'Basic'],
    ['the scheme and a space', 'Basic '],
    ['Bearer', 'Bearer YTpi'],
    ['another scheme that begins alike', 'Basically YTpi'],
    ['a tab for the space', 'Basic\tYTpi'],
    ['a space before', ' Basic YTpi'],
    ['a space after', 'Basic YTpi '],
    ['a space inside', 'Basic YT pi'],
    ['a newline after', 'Basic YTpi\n'],
    ['a newline inside', 'Basic YT\npi'],
    ['a second word', 'Basic YTpi x'],
    ['two values joined by a comma', 'Basic YTpi, Basic YTpi'],
    ['two values joined by a comma without space', 'Basic YTpi,Basic YTpi'],
    ['a comma', 'Basic YTpi,'],
    ['no padding', 'Basic Og'],
    ['half of the padding', 'Basic Og='],
    ['too much padding', 'Basic YTpi===='],
    ['padding of a full group', 'Basic YTpi='],
    ['only padding', 'Basic ===='],
    ['stray characters', 'Basic YT!!pi'],
    ['the URL alphabet', 'Basic YTo_Pj8-'],
    ['bits behind the end', 'Basic YTpiYx=='],
    ['a length of 1 modulo 4', 'Basic YTpiY'],
    ['no colon', basic('team-a')],
    ['NUL', basic('a:b\0')],
    ['NUL in the user', basic('a\0:b')],
    ['a newline in the password', basic('a:b\n')],
    ['a carriage return in the user', basic('a\r:b')],
    ['DEL', basic('a:\x7f')],
    ['a C1 control character', basic('a:\u0085')],
    ['Latin-1', basic(Buffer.from('a:\xa3', 'latin1'))],
    ['overlong UTF-8', basic(Buffer.from([0x61, 0x3a, 0xc0, 0xaf]))],
    ['a surrogate in UTF-8', basic(Buffer.from([0x61, 0x3a, 0xed, 0xa0, 0x80]))],
    ['UTF-8 that is cut', basic(Buffer.from([0x61, 0x3a, 0xe2, 0x82]))],
    ['one byte too many', basic(`${LONGEST}p`)],
    ['a megabyte', basic(`a:${'x'.repeat(1 << 20)}`)],
  ]
  for (const [name, header] of malformed) {
    it(`refuses ${name}`, () => {
      assert.equal(parsed(header), 'credentials_malformed')
    })
  }

  it('gives back what a client encoded', () => {
    const printable = fc.string({ unit: 'grapheme' }).filter((text) => !/\p{Cc}/u.test(text))
    const username = printable.filter((text) => text !== '' && !text.includes(':'))
    fc.assert(
      fc.property(username, printable, (user, password) => {
        assert.deepEqual(parsed(basic(`${user}:${password}`)), [user, password])
      }),
    )
  })

  it('takes one spelling only: what it takes is what a client would encode', () => {
    const character = fc.constantFrom(...Array.from('YTpiQW5=Og+/-_ ,\n'))
    fc.assert(
      fc.property(fc.string({ unit: character, maxLength: 12 }), (encoded) => {
        const result = parseBasic(`Basic ${encoded}`)
        if (!result.ok || result.value === undefined) return
        const { username, password } = result.value
        assert.equal(basic(`${username}:${password.reveal()}`), `Basic ${encoded}`)
      }),
      { numRuns: 2000 },
    )
  })

  it('prints neither the password nor what was malformed', () => {
    const secret = 'canary-7f3a'
    for (const header of [basic(`a:${secret}`), basic(secret), basic(`:${secret}`)]) {
      const result = parseBasic(header)
      const encoded = Buffer.from(secret).toString('base64').slice(0, 8)
      for (const text of [JSON.stringify(result), inspect(result, { depth: 9 })]) {
        assert.ok(!text.includes(secret) && !text.includes(encoded), text)
      }
    }
  })
})
