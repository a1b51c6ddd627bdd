import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import {
  dockerConfigText,
  isDockerAuthOf,
} from '../../../../src/credentials/secret/docker-config.ts'
import { Redacted } from '../../../../src/redacted.ts'

const login = { username: 'team-a', password: new Redacted('a-pass:word') }
const auth = { username: 'team-a', password: 'a-pass:word', auth: 'dGVhbS1hOmEtcGFzczp3b3Jk' }

describe('a login as a Docker configuration has it', () => {
  it('is for each registry, in both spellings, and what was there stays', () => {
    const text = dockerConfigText(login, ['registry.example', 'b.example:5000'], {
      ...{ credsStore: 'x', auths: { 'registry.example': { auth: 'old' }, 'c.example': {} } },
    })
    assert.deepEqual(JSON.parse(text.reveal()), {
      credsStore: 'x',
      auths: { 'registry.example': auth, 'b.example:5000': auth, 'c.example': {} },
    })
  })

  it('prints no password', () => {
    const text = dockerConfigText(login, ['registry.example'])
    for (const printed of [JSON.stringify({ text }), inspect({ text }), String(text)]) {
      assert.ok(!printed.includes('a-pass') && !printed.includes(auth.auth), printed)
    }
  })

  it('is known again, whatever else stands beside it', () => {
    assert.ok(isDockerAuthOf(login, auth))
    assert.ok(isDockerAuthOf(login, { ...auth, email: 'x' }))
    const others = [undefined, null, [], {}, { ...auth, auth: 'x' }, { ...auth, password: 'x' }]
    for (const other of others) assert.ok(!isDockerAuthOf(login, other), inspect(other))
  })
})
