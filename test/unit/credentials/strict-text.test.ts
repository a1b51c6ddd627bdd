import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { decodeBase64, decodeUtf8, hasControl } from '../../../src/credentials/strict-text.ts'

describe('strict text', () => {
  it('decodes every canonical base64', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const buffer = Buffer.from(bytes)
        assert.deepEqual(decodeBase64(buffer.toString('base64')), buffer)
      }),
    )
  })

  for (const text of ['YQ', 'YQ=', 'YR==', 'YQ==\n', ' YQ==', 'Y Q==', 'YQ====', '_-8=', '!!!!']) {
    it(`takes ${JSON.stringify(text)} for no base64`, () => {
      assert.equal(decodeBase64(text), undefined)
    })
  }

  it('decodes UTF-8 with its byte order mark', () => {
    assert.equal(decodeUtf8(Buffer.from('\ufeff€')), '\ufeff€')
  })

  it('decodes no other bytes', () => {
    assert.equal(decodeUtf8(Buffer.from([0xff])), undefined)
  })

  it('finds control characters', () => {
    for (const text of ['\0', 'a\n', '\x1fb', '\x7f', '\u0080', '\u009f']) {
      assert.ok(hasControl(text), JSON.stringify(text))
    }
    for (const text of ['', ' ~', '\u00a0', '€', '\ufeff']) {
      assert.ok(!hasControl(text), JSON.stringify(text))
    }
  })
})
