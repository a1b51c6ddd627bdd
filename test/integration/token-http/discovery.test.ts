import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { ask } from '../../support/http.ts'
import { REALM, startTokenService, type TokenService } from './token-service.ts'

const PATH = '/.well-known/openid-configuration'

describe('discovery of the keys', () => {
  let service: TokenService
  before(async () => {
    service = await startTokenService()
  })
  after(() => service.listener.close(100))

  it('says where the keys are, by the configuration and never by the request', async () => {
    for (const headers of [{}, { host: 'evil.test', 'x-forwarded-host': 'evil.test' }]) {
      const { status, headers: fields, body } = await ask(service.port, PATH, { headers })
      assert.equal(status, 200)
      assert.equal(fields['content-type'], 'application/json')
      assert.equal(fields['cache-control'], 'public, max-age=60')
      assert.deepEqual(JSON.parse(body), {
        issuer: 'rauth',
        jwks_uri: new URL('jwks.json', REALM).href,
        response_types_supported: ['id_token'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['ES256'],
      })
    }
  })

  it('is read with GET and HEAD only, at this path only', async () => {
    assert.equal((await ask(service.port, PATH, { method: 'HEAD' })).status, 200)
    const posted = await ask(service.port, PATH, { method: 'POST' })
    assert.equal(posted.status, 405)
    assert.equal(posted.headers['allow'], 'GET, HEAD')
    for (const path of [`${PATH}/`, PATH.toUpperCase(), `/x${PATH}`]) {
      assert.equal((await ask(service.port, path)).status, 404, path)
    }
  })
})
