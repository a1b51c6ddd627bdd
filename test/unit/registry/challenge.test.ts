import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { basicChallenge, bearerChallenge } from '../../../src/registry/challenge.ts'

const WHERE = { realm: 'https://localhost:5080/token', service: 'internal-registry.io' }
const START = 'Bearer realm="https://localhost:5080/token",service="internal-registry.io"'

describe('bearerChallenge', () => {
  it('is spelled as the registry spells it', () => {
    assert.equal(bearerChallenge(WHERE), START)
    assert.equal(
      bearerChallenge({ ...WHERE, scope: 'repository:a:pull' }),
      `${START},scope="repository:a:pull"`,
    )
    assert.equal(
      bearerChallenge({ ...WHERE, error: 'invalid_token' }),
      `${START},error="invalid_token"`,
    )
    assert.equal(
      bearerChallenge({
        error: 'insufficient_scope',
        scope: 'repository:a:pull,push repository:b:pull',
        ...WHERE,
      }),
      `${START},scope="repository:a:pull,push repository:b:pull",error="insufficient_scope"`,
    )
  })

  it('leaves an empty scope out', () => {
    assert.equal(bearerChallenge({ ...WHERE, scope: '' }), START)
  })

  it('cannot be left through a quote or a backslash', () => {
    assert.equal(
      bearerChallenge({ realm: 'a",error="x', service: 'b\\' }),
      'Bearer realm="a\\",error=\\"x",service="b\\\\"',
    )
  })

  for (const text of ['a\r\nset-cookie: x', 'a\nb', 'a\0b', 'a\tb', 'a\x7fb', 'é']) {
    it(`throws at ${JSON.stringify(text)}`, () => {
      assert.throws(() => bearerChallenge({ ...WHERE, realm: text }), TypeError)
      assert.throws(() => bearerChallenge({ ...WHERE, service: text }), TypeError)
      assert.throws(() => bearerChallenge({ ...WHERE, scope: text }), TypeError)
      assert.throws(() => basicChallenge(text), TypeError)
    })
  }
})

describe('basicChallenge', () => {
  it('names the realm and how names are encoded', () => {
    assert.equal(basicChallenge('rauth'), 'Basic realm="rauth", charset="UTF-8"')
    assert.equal(basicChallenge('a"b'), 'Basic realm="a\\"b", charset="UTF-8"')
  })
})
