import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { writeBody } from '../../../../src/adapters/kubernetes/sent-body.ts'
import { Redacted } from '../../../../src/redacted.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')

const PATH = '/api/v1/namespaces/team-of-long-name/secrets?fieldManager=rauth-controller'
const PASSWORD = 'correct-horse-battery-staple'

describe('the body of a request to the API server', () => {
  it('is JSON in which secrets are what they are', () => {
    const body = {
      metadata: { name: 'registry-credentials', labels: { a: 'b' }, finalizers: ['one'] },
      spec: { token: new Redacted('one'), list: [new Redacted('two'), null, 3, true] },
      data: { password: new Redacted(base64('three')) },
    }
    assert.deepEqual(JSON.parse(writeBody(body, '/').text), {
      metadata: { name: 'registry-credentials', labels: { a: 'b' }, finalizers: ['one'] },
      spec: { token: 'one', list: ['two', null, 3, true] },
      data: { password: base64('three') },
    })
  })

  const secret = {
    metadata: { name: 'registry-credentials', namespace: 'team-of-long-name' },
    data: { username: base64('team-of-long-name'), password: new Redacted(base64(PASSWORD)) },
    stringData: { '.dockerconfigjson': `{"auths":{"registry.test":{"password":"${PASSWORD}"}}}` },
  }
  const review = { spec: { token: new Redacted('eyJhbGciOi.canary') } }

  const WORDS: readonly (readonly [
    what: string,
    body: typeof secret | typeof review,
    words: string,
    betrays: boolean,
  ])[] = [
    ['a password in base64', secret, `spec: "${base64(PASSWORD)}" is bad`, true],
    ['the password', secret, `password ${PASSWORD} is bad`, true],
    ['a part of it', secret, `password …${PASSWORD.slice(6, 18)}…`, true],
    ['a part of another Secret form', secret, 'invalid: "password":"correct-', true],
    ['a token', review, 'cannot use eyJhbGciOi.canary here', true],
    ['the path', secret, 'secrets "registry-credentials" of team-of-long-name: denied', false],
    ['what has some letters of it', secret, 'data.password: a battery is too long', false],
    ['other words', review, 'tokenreviews is forbidden: User "x" cannot create it', false],
  ]
  for (const [what, body, words, betrays] of WORDS) {
    it(`is ${betrays ? '' : 'not '}betrayed by ${what}`, () => {
      assert.equal(writeBody(body, PATH).betrays(words), betrays)
    })
  }

  it('is betrayed by the whole of a secret that is short', () => {
    const { betrays } = writeBody({ data: { a: new Redacted('hunter2') } }, '/')
    assert.deepEqual([betrays('not hunter2!'), betrays('not hunter')], [true, false])
  })

  it('is betrayed by nothing where nothing is secret', () => {
    const { betrays } = writeBody({ metadata: { name: 'one' }, data: { empty: '' } }, '/')
    assert.equal(betrays('one and "" and all'), false)
  })
})
