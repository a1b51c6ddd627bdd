import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseUrl } from '../../../src/commands/asking/parse-url.ts'

describe('parseUrl', () => {
  for (const url of ['http://localhost:5000', 'https://registry.example/v2/', 'HTTP://[::1]:1']) {
    it(`takes ${url}`, () => {
      assert.equal(parseUrl(url), url)
    })
  }

  for (const [text, message] of [
    ['localhost:5000', /no scheme: did you mean http:\/\/localhost:5000\?/],
    ['127.0.0.1:9090', /no scheme: did you mean http:\/\/127\.0\.0\.1:9090\?/],
    ['/token', /a URL is wanted/],
    ['ftp://host', /a URL is wanted/],
    ['http://', /a URL is wanted/],
  ] as const) {
    it(`says what is wrong with ${text}`, () => {
      assert.throws(() => parseUrl(text), message)
    })
  }
})
