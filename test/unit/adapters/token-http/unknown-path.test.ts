import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { unknownPath } from '../../../../src/adapters/token-http/unknown-path.ts'

describe('the path of a request that there is no route for, in its record', () => {
  const rows: readonly (readonly [target: string, shown: string])[] = [
    ['/', '/'],
    ['/Token/', '/Token/'],
    ['/v2/auth?account=secret', '/v2/auth'],
    ['/registry-auth/tokens', '/registry-auth/<6>'],
    ['/a-password', '/<10>'],
    ['/token/a-password#x', '/token/<10>'],
    ['//user:secret@host/token', '//<16>/token'],
    ['http://user:secret@host/auth', '/auth'],
    [`/token/${'x'.repeat(90)}`, '/token/<90>'],
    ['/%74oken', '/<7>'],
  ]
  for (const [target, shown] of rows) {
    it(`of ${target.slice(0, 40)} is ${shown}`, () => {
      assert.equal(unknownPath(target, '/registry-auth'), shown)
    })
  }
})
