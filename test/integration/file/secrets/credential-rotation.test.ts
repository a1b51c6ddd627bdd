import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { hashSync } from '../../../support/bcrypt.ts'
import { createBcryptComparison } from '../../../../src/adapters/bcrypt/compare.ts'
import {
  createFileSecretStore,
  type FileSecretStore,
} from '../../../../src/adapters/file/secrets/secret-store.ts'
import { createAuthenticator } from '../../../../src/credentials/authenticate.ts'
import { createStoredPasswords } from '../../../../src/credentials/stored-passwords.ts'
import { createBcryptChecks } from '../../../../src/credentials/bcrypt-checks.ts'
import { createPasswordHasher } from '../../../../src/credentials/password.ts'
import { createIssueToken } from '../../../../src/issue-token.ts'
import { accepted } from '../../../../src/refusal.ts'
import { parseScopes } from '../../../../src/registry/scope.ts'
import { NOW, presentPassword, SERVICE, startFlows } from '../../../support/flows.ts'
import { until } from '../../../support/until.ts'

const TARGET = '/v2/team-a/app/manifests/v1'
const SCOPE = 'repository:team-a/app:pull,push'

const instant = (seconds: number) => new Date(seconds * 1000).toISOString()

/** Both flows over a folder of Secrets, at a time that the test tells. */
describe('a Secret that changes', () => {
  let directory: string
  let store: FileSecretStore
  let flows: ReturnType<typeof startFlows>
  let login: (username: string, password: string) => Promise<string>
  let check: (token: string, method?: string) => Promise<string>
  const lines: string[] = []

  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'rauth-rotation-'))
    const hasher = createPasswordHasher(Buffer.alloc(32, 1))
    const note = (fields: object, message: string) =>
      void lines.push(message + JSON.stringify(fields))
    store = await createFileSecretStore({
      ...{ directory, hasher, secretName: 'registry-credentials' },
      ...{
        bindingKey: createSecretKey(Buffer.alloc(32, 2)),
        log: { info: note, warn: note, error: note },
        clock: () => Date.now() / 1000,
      },
    })
    flows = startFlows([])
    const { clock } = flows.deps
    const bcrypt = createBcryptChecks({ compare: createBcryptComparison(), clock })
    const authenticate = createAuthenticator([
      createStoredPasswords({ store, hasher, bcrypt, clock }, { name: 'secrets', owns: false }),
    ])
    const issueToken = createIssueToken({ ...flows.deps, store, authenticate }, flows.options)
    const checkAccess = flows.checkWith({}, { store })
    login = async (username, password) => {
      const requested = parseScopes([SCOPE])
      assert.ok(requested.ok)
      const presented = presentPassword(username, password)
      const request = { service: SERVICE, requested: requested.value, presented }
      const { result } = await issueToken(accepted({ ...request, account: '', offline: false }), {})
      return result.ok ? result.value.token : result.refusal.reason
    }
    check = async (token, method = 'GET') => {
      const request = { method, target: TARGET, authorization: `Bearer ${token}` }
      const { result } = await checkAccess(accepted(request), {})
      return result.ok ? 'allowed' : result.refusal.reason
    }
  })
  afterEach(async () => {
    store.close()
    await rm(directory, { recursive: true })
    assert.doesNotMatch(lines.join('\n'), /canary|\$2[aby]\$/)
  })

  let writes = 0

  /**
   * Writes the Secret of team-a and waits until it is the one in force: one of another namespace, which is in the
   * same file, says so. A line of the log would not: a write may be read twice.
   */
  async function write(stringData: object) {
    const secret = (namespace: string, data: object) => ({
      ...{ apiVersion: 'v1', kind: 'Secret', stringData: data },
      metadata: { name: 'registry-credentials', namespace },
    })
    const mark = `write-${String((writes += 1))}`
    const items = [secret('team-a', stringData), secret('mark', { username: mark, password: mark })]
    const manifest = { apiVersion: 'v1', kind: 'List', items }
    await writeFile(path.join(directory, '.aside'), JSON.stringify(manifest))
    await rename(path.join(directory, '.aside'), path.join(directory, 'a.json'))
    await until('it is in force', 20_000, () => store.byUsername(mark).length > 0)
  }

  it('lets the previous password and its tokens go on until its time is over', async () => {
    await write({ username: 'team-a', password: 'canary-1' })
    const first = await login('team-a', 'canary-1')
    await write({
      ...{ username: 'team-a', password: 'canary-2', previousPassword: 'canary-1' },
      previousPasswordNotAfter: instant(NOW + 120),
    })
    const again = await login('team-a', 'canary-1')
    const second = await login('team-a', 'canary-2')
    flows.at(NOW + 119.9)
    for (const token of [first, again, second]) assert.equal(await check(token), 'allowed')
    flows.at(NOW + 120)
    assert.equal(await check(first), 'credential_revoked')
    assert.equal(await check(again), 'credential_revoked')
    assert.equal(await login('team-a', 'canary-1'), 'credentials_invalid')
    assert.equal(await check(second), 'allowed')
  })

  it('ends the tokens of an entry that is removed, and no others', async () => {
    const entry = (username: string) => ({ username, password: `canary-${username}` })
    await write({ entries: JSON.stringify([entry('ci'), entry('cd')]) })
    const [ci, cd] = [await login('ci', 'canary-ci'), await login('cd', 'canary-cd')]
    assert.deepEqual([await check(ci), await check(cd)], ['allowed', 'allowed'])
    await write({ entries: JSON.stringify([entry('cd')]) })
    assert.deepEqual([await check(ci), await check(cd)], ['credential_revoked', 'allowed'])
  })

  it('takes pushes from a token whose entry may only pull by now', async () => {
    const passwordHash = hashSync('canary', { cost: 4 })
    await write({ username: 'ci', passwordHash })
    const token = await login('ci', 'canary')
    assert.deepEqual([await check(token), await check(token, 'PUT')], ['allowed', 'allowed'])
    await write({ username: 'ci', passwordHash, actions: 'pull' })
    assert.deepEqual([await check(token), await check(token, 'PUT')], ['allowed', 'access_denied'])
    await write({ username: 'ci', passwordHash })
    assert.equal(await check(token, 'PUT'), 'allowed')
  })

  it('forgets a password that bcrypt found right', async () => {
    await write({ username: 'ci', passwordHash: hashSync('canary-1', { cost: 4 }) })
    const token = await login('ci', 'canary-1')
    assert.equal(await check(token), 'allowed')
    await write({ username: 'ci', passwordHash: hashSync('canary-2', { cost: 4 }) })
    assert.equal(await login('ci', 'canary-1'), 'credentials_invalid')
    assert.equal(await check(token), 'credential_revoked')
    assert.equal(await check(await login('ci', 'canary-2')), 'allowed')
  })

  it('is out of force as a whole with one bad entry, and back when it is corrected', async () => {
    const good = { username: 'ci', password: 'canary-ci' }
    await write({ entries: JSON.stringify([good]) })
    const token = await login('ci', 'canary-ci')
    await write({ entries: JSON.stringify([good, { ...good, username: 'cd', notAfter: 'soon' }]) })
    assert.equal(await check(token), 'credential_revoked')
    assert.match(lines.join('\n'), /"problem":"entries\[1\]\.notAfter must be a time/)
    await write({ entries: JSON.stringify([good]) })
    assert.equal(await check(token), 'allowed')
  })
})
