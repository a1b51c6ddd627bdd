import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createDirectory } from '../../src/adapters/ldap/directory.ts'
import { Redacted } from '../../src/redacted.ts'
import { ask, basic, fetchToken } from '../support/http.ts'
import { SERVICE, startServing, type Serving } from '../support/serving.ts'
import { startDirectory, type Directory } from '../support/slapd.ts'

const POLICY = `
rules:
  - { match: { labels: { groups: devs }, name: 'devs/**' }, actions: [pull, push] }
`

describe('people of a real directory', () => {
  let directory: Directory
  let folder: string
  let serving: Serving

  before(async () => {
    directory = await startDirectory(
      [
        { uid: 'alice', password: 'of-alice' },
        { uid: 'bob', password: 'of-bob' },
        { uid: 'o(b)*', password: 'of-odd' },
      ],
      [
        { cn: 'devs', members: ['alice', 'o(b)*'] },
        { cn: 'ops', members: ['alice', 'bob'] },
      ],
    )
    folder = await mkdtemp(path.join(os.tmpdir(), 'rauth-ldap-'))
    await writeFile(path.join(folder, 'policy.yaml'), POLICY)
    await writeFile(path.join(folder, 'password'), `${directory.reader.password}\n`)
    const { url, base, reader } = directory
    serving = await startServing({
      logins: [{ username: 'team-a', password: 'secret' }],
      config: {
        identity: [
          {
            ldap: {
              url,
              bind: { dn: reader.dn, passwordFile: path.join(folder, 'password') },
              users: { base, filter: '(uid=${user})' },
              groups: { base, filter: '(member=${dn})' },
            },
          },
          { secrets: {} },
        ],
        policy: { file: path.join(folder, 'policy.yaml') },
        guessing: { failures: 0, perNetwork: 0 },
      },
    })
  })
  after(async () => {
    await serving.stop()
    await directory.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const login = async (username: string, password: string) => {
    const headers = { authorization: basic(username, password) }
    return (await ask(serving.token, `/token?service=${SERVICE}`, { headers })).status
  }
  const granted = async (username: string, password: string) => {
    const scope = 'repository:devs/app:pull'
    const token = await fetchToken(serving.token, { username, password }, SERVICE, scope)
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()
    return (JSON.parse(payload) as { access: unknown[] }).access.length
  }

  it('log in with their passwords, and have what their groups give them', async () => {
    assert.equal(await granted('alice', 'of-alice'), 1)
    assert.equal(await granted('bob', 'of-bob'), 0)
    assert.equal(await granted('o(b)*', 'of-odd'), 1)
    assert.equal(await login('team-a', 'secret'), 200)
  })

  for (const [username, password] of [
    ['alice', 'of-bob'],
    ['alice', ''],
    ['nobody', 'of-alice'],
    ['*', 'of-alice'],
    ['alice)(uid=*', 'of-alice'],
    ['o(b)', 'of-odd'],
  ] as const) {
    it(`do not log in as ${username} with "${password}"`, async () => {
      assert.equal(await login(username, password), 401)
    })
  }

  const source = (more: Partial<Parameters<typeof createDirectory>[0]>) => {
    const { url, base, reader } = directory
    return createDirectory({
      ...{ url, authority: undefined, timeout: 20_000, atOnce: 2 },
      bind: { dn: reader.dn, password: () => Promise.resolve(new Redacted(reader.password)) },
      users: { base, filter: '(uid=${user})' },
      ...{ groups: undefined, reference: { id: 'ldap', generation: 'g' }, ...more },
    })
  }
  const answer = async (more: Partial<Parameters<typeof createDirectory>[0]>, password: string) => {
    const said = await source(more).ask({ username: 'alice', password: new Redacted(password) })
    return 'detail' in said ? `${said.kind} ${said.detail}` : said.kind
  }

  it('are nobody, or an error, as the directory says', async () => {
    assert.equal(await answer({}, 'of-alice'), 'yes')
    assert.match(await answer({}, 'wrong'), /^no the directory refuses the password \(49\)$/)
    assert.match(await answer({}, ''), /^not-mine no password$/)
    const { base, reader } = directory
    const strange = () => Promise.resolve(new Redacted('wrong'))
    const bind = { dn: reader.dn, password: strange }
    assert.match(await answer({ bind }, 'of-alice'), /^error the directory: /)
    const users = { base, filter: '(|(uid=${user})(uid=bob))' }
    assert.match(await answer({ users }, 'of-alice'), /^error several people of one name$/)
    const all = { base, filter: '(|(uid=${user})(objectClass=*))' }
    assert.match(await answer({ users: all }, 'of-alice'), /^error several people of one name$/)
    assert.match(await answer({ url: 'ldap://127.0.0.1:1' }, 'of-alice'), /^error the directory: /)
    // Whom nobody but the reader may find.
    assert.match(await answer({ bind: undefined }, 'of-alice'), /^not-mine|^error/)
  })
})
