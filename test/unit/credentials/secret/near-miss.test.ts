import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { describe, it } from 'node:test'
import { createPasswordHasher } from '../../../../src/credentials/password.ts'
import { readSecret } from '../../../../src/credentials/secret/secret-format.ts'

const read = (manifest: unknown) =>
  readSecret(manifest, {
    secretName: 'registry-credentials',
    hasher: createPasswordHasher(Buffer.alloc(32, 1)),
    bindingKey: createSecretKey(Buffer.alloc(32, 2)),
  })

const base64 = (value: string) => Buffer.from(value).toString('base64')
const DATA = { username: base64('team-a'), password: base64('canary') }
const METADATA = { name: 'registry-credentials', namespace: 'team-a' }
const SECRET = { apiVersion: 'v1', kind: 'Secret', metadata: METADATA, data: DATA }

describe('a Secret with a slip in it', () => {
  const SLIPS: readonly (readonly [string, object, RegExp])[] = [
    ['password', { data: { username: DATA.username, pasword: DATA.password } }, /^the key "pasword" must be meant as password: /],
    ['username', { data: { user_name: DATA.username, password: DATA.password } }, /^the key "user_name" must be meant as username: /],
    ['passwd', { data: undefined, stringData: { username: 'u', passwd: 'canary' } }, /^the key "passwd" must be meant as password/],
    ['stringData', { data: undefined, stringdata: { username: 'u', password: 'canary' } }, /^stringData is missing, and "stringdata" must be meant for it: spell it stringData$/],
    ['data', { data: undefined, dat: DATA }, /^data is missing, and "dat" must be meant for it/],
    ['a kind', { kind: 'Secrt' }, /^apiVersion must be v1 and kind Secret, spelled like this/],
    ['the case of a kind', { kind: 'secret' }, /^apiVersion must be v1 and kind Secret/],
    ['the case of a version', { apiVersion: 'V1' }, /^apiVersion must be v1 and kind Secret/],
    ['a key at the top', { apiVersion: undefined, apiversion: 'v1' }, /needed, and "apiversion" must be meant for it: spell it apiVersion$/],
    ['the key of the kind', { kind: undefined, Kind: 'Secret' }, /needed, and "Kind" must be meant for it/],
    ['metadata', { metadata: undefined, metadta: METADATA }, /, and "metadta" must be meant for it: spell it metadata$/],
    ['namespace', { metadata: { name: METADATA.name, namspace: 'team-a' } }, /, and "namspace" must be meant for it: spell it namespace$/],
    ['name', { metadata: { namespace: 'team-a', nam: METADATA.name } }, /no metadata\.name, and "nam" must be meant for it/],
  ] // prettier-ignore
  for (const [name, change, expected] of SLIPS) {
    it(`names what is nearly right: ${name}`, () => {
      const reading = read({ ...SECRET, ...change })
      assert.ok(reading.kind === 'problem', reading.kind)
      assert.match(reading.problem, expected)
      assert.doesNotMatch(reading.problem, /canary/)
    })
  }

  it('leaves what is for others alone, and tells no more of a key than what is near', () => {
    const others = { USERNAME: 'x', passwords: 'x', username: base64('team-a') }
    const hash = base64('$2b$04$abcdefghijklmnopqrstuuVg8K8hdIYvgoAGHJRhvZXUR8hS7Uz4W')
    const reading = read({ ...SECRET, data: { ...others, passwordHash: hash } })
    assert.ok(reading.kind === 'credentials', JSON.stringify(reading))
    const told = read({ ...SECRET, data: { ...DATA, 'notAfter-canary': 'x' } })
    assert.ok(told.kind === 'problem')
    assert.match(told.problem, /^a key must be meant as notAfter/)
  })
})
