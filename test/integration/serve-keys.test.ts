import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { createBindingKey, formatBindingKey } from '../../src/adapters/file/keys/binding-key.ts'
import { loadConfig } from '../../src/config/read.ts'
import { openKeys, type OpenKeys } from '../../src/serve/keys.ts'
import { createAuthority } from '../../src/token/certificate.ts'
import { putFiles } from '../support/put-files.ts'
import { until } from '../support/until.ts'

const nothing = () => undefined

describe('a certificate with its key, of several replicas', () => {
  let directory: string
  const opened: OpenKeys[] = []
  const file = (name: string) => path.join(directory, name)
  beforeEach(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'rauth-serve-keys-'))
    await another()
  })
  afterEach(async () => {
    for (const { keys } of opened.splice(0)) keys.close()
    await rm(directory, { recursive: true })
  })

  async function another(): Promise<void> {
    const pair = await createAuthority({
      ...{ algorithm: 'ES256', name: 'token', days: 2, now: new Date() },
    })
    await putFiles(directory, { 'tls.crt': pair.certificate, 'tls.key': pair.key })
  }

  async function replica(keys: string, takesBound = true): Promise<OpenKeys> {
    const text = `realm: https://registry.test/token\nkeys: { certificate: tls.crt, key: tls.key${keys} }\n`
    await writeFile(file('rauth.yaml'), text)
    const one = await openKeys({
      config: loadConfig(file('rauth.yaml'), {}),
      clock: () => Date.now() / 1000,
      log: { info: nothing, warn: nothing, error: nothing },
      metrics: { observeKeys: nothing, observeReload: nothing, keyReloadFailed: nothing },
      takesBound,
      longestLife: () => 300,
    })
    opened.push(one)
    return one
  }
  const kid = ({ signingKeys }: OpenKeys) => signingKeys?.active(0).kid

  it('binds alike before and after another key, by a binding key of its own', async () => {
    await writeFile(file('b.key'), formatBindingKey(createBindingKey()))
    const early = await replica(', bindingKey: b.key')
    const before = kid(early) ?? ''
    await another()
    await until('the other key', 20_000, () => kid(early) !== before)
    const late = await replica(', bindingKey: b.key')
    assert.equal(kid(late), kid(early))
    assert.ok(late.bindingKey.equals(early.bindingKey))
    assert.ok(early.keys.find(before), 'tokens of before are good to their end')
  })

  it('takes no other key where nothing else binds', async () => {
    const early = await replica('')
    const before = kid(early)
    await another()
    await until('the trouble', 20_000, () => early.keys.problem() !== undefined)
    assert.match(early.keys.problem() ?? '', /another private key.*set keys\.bindingKey/)
    assert.equal(kid(early), before)
  })

  it('takes it where nothing that is bound comes back', async () => {
    const early = await replica('', false)
    const before = kid(early)
    await another()
    await until('the other key', 20_000, () => kid(early) !== before)
  })

  const MISTAKES: readonly (readonly [what: string, text: string | undefined, told: RegExp])[] = [
    ['is not there', undefined, /b\.key cannot be read: ENOENT.*; next: openssl rand -base64 32/],
    ['is none', 'short', /b\.key is not 32 bytes in base64; next: openssl rand -base64 32/],
  ]
  for (const [what, text, told] of MISTAKES) {
    it(`keeps rauth from starting when the binding key ${what}`, async () => {
      if (text !== undefined) await writeFile(file('b.key'), text)
      await assert.rejects(replica(', bindingKey: b.key'), told)
    })
  }
})
