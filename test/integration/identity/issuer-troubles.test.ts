import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { replaceFile } from '../../../tools/stack/state.ts'
import { ask, basic } from '../../support/http.ts'
import { SERVICE, startServing, type Serving } from '../../support/serving.ts'
import { until } from '../../support/until.ts'

const PATIENCE = 20_000

const KEY = '{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}'

/** Nobody listens there. */
const AWAY = 'http://127.0.0.1:1'
const OF_FILE = 'https://file.example'

const identities = () => [{ claims: { a: 'b' }, account: 'ci:x' }]

/** Of an issuer, and signed by nobody. */
const token = (iss: string) =>
  [{ alg: 'RS256', kid: 'one' }, { iss }, {}]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')

describe('an issuer whose keys cannot be had', () => {
  let directory: string
  let serving: Serving
  const jwks = () => path.join(directory, 'jwks.json')
  before(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'rauth-issuers-'))
    await replaceFile(jwks(), `{"keys":[${KEY}]}`)
    serving = await startServing({
      logins: [],
      config: {
        identity: [
          { oidc: { issuer: AWAY, audience: 'a', identities: identities() } },
          { oidc: { issuer: OF_FILE, audience: 'a', identities: identities(), jwks: jwks() } },
          { secrets: {} },
        ],
        guessing: { failures: 0, perNetwork: 0 },
      },
    })
  })
  after(async () => {
    await serving.stop()
    await rm(directory, { recursive: true, force: true })
  })

  const troubles = async () => {
    const { body } = await ask(serving.operations, '/readyz')
    return (JSON.parse(body) as { troubles?: Record<string, string> }).troubles ?? {}
  }
  const failures = async (issuer: string) => {
    const { body } = await ask(serving.operations, '/metrics')
    const line = `rauth_identity_keys_failures_total{issuer="${issuer}"} `
    return body
      .split('\n')
      .find((one) => one.startsWith(line))
      ?.slice(line.length)
  }

  it('is told at /readyz and counted', async () => {
    assert.deepEqual(await troubles(), {})
    const { status } = await ask(serving.token, `/token?service=${SERVICE}`, {
      headers: { authorization: basic('ci', token(AWAY)) },
    })
    assert.equal(status, 503)
    assert.match(
      (await troubles())[`oidc ${AWAY}`] ?? '',
      /^its keys cannot be had: .*ECONNREFUSED/,
    )
    assert.equal(await failures(AWAY), '1')
  })

  it('is told and counted too where they are in a file', async () => {
    await replaceFile(jwks(), 'no JSON')
    const name = `oidc ${OF_FILE}`
    await until('trouble', PATIENCE, async () => (await troubles())[name] !== undefined)
    assert.equal(await failures(OF_FILE), '1')
    await replaceFile(jwks(), `{"keys":[${KEY}]}`)
    await until('the end of it', PATIENCE, async () => (await troubles())[name] === undefined)
  })
})
