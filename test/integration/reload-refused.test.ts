import assert from 'node:assert/strict'
import { rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { replaceFile } from '../../tools/stack/state.ts'
import { hashSync } from '../support/bcrypt.ts'
import { ask } from '../support/http.ts'
import { startServing, type Serving } from '../support/serving.ts'
import { tlsAuthority } from '../support/tls-certificates.ts'
import { until } from '../support/until.ts'

/** Longer than a busy machine needs to find a changed file, milliseconds. */
const PATIENCE = 30_000

const LOGIN = { username: 'team-a', password: 'correct-horse-battery' }
const POLICY = 'rules:\n  - match: { account: /.+/ }\n    actions: []\n'
const USERS = `accounts:\n  bot: { password: ${hashSync('a long random text', { cost: 4 })} }\n`

/** What is there cannot be used, and then it can again. */
type Break = (file: (name: string) => string) => Promise<() => Promise<void>>

const written =
  (name: string, bad: string, good: string): Break =>
  async (file) => {
    await replaceFile(file(name), bad)
    return () => replaceFile(file(name), good)
  }

for (const workers of ['1', '2']) {
  describe(`what is read again and refused, ${workers} worker`, () => {
    let serving: Serving
    let certificate: string
    const file = (name: string) => path.join(path.dirname(serving.config), name)
    before(async () => {
      const authority = await tlsAuthority('of clients')
      const pair = await authority.issue('gateway')
      ;({ certificate } = pair)
      serving = await startServing({
        logins: [LOGIN],
        files: {
          ...{ 'policy.yaml': POLICY, 'users.yaml': USERS },
          ...{ 'tls.crt': certificate, 'tls.key': pair.key },
        },
        config: {
          policy: { file: './policy.yaml' },
          identity: [{ users: { file: './users.yaml' } }, { secrets: {} }],
          tls: { gateway: { certificate: './tls.crt', key: './tls.key' } },
        },
        args: ['--workers', workers],
      })
    })
    after(() => serving.stop())

    /** Each that is told of, by its value. */
    async function refused(): Promise<Readonly<Record<string, number>>> {
      const { body } = await ask(serving.operations, '/metrics')
      return Object.fromEntries(
        [...body.matchAll(/^rauth_reload_refused\{what="(\w+)"\} (\d)$/gm)].map(
          ([, what = '', value]) => [what, Number(value)],
        ),
      )
    }
    const NONE = { configuration: 0, policy: 0, users: 0, keys: 0, tls: 0, secrets: 0 }

    const BREAKS: readonly (readonly [what: keyof typeof NONE, Break])[] = [
      ['policy', written('policy.yaml', 'rule: []\n', POLICY)],
      ['users', written('users.yaml', 'accounts: 7\n', USERS)],
      [
        'keys',
        async (file) => {
          for (const name of ['odd.key', 'odd.crt']) await replaceFile(file(`keys/${name}`), 'none')
          return async () => {
            for (const name of ['odd.key', 'odd.crt']) await rm(file(`keys/${name}`))
          }
        },
      ],
      ['tls', (file) => written('tls.crt', 'none', certificate)(file)],
      [
        'secrets',
        async (file) => {
          await rename(file('secrets'), file('away'))
          return () => rename(file('away'), file('secrets'))
        },
      ],
    ]
    for (const [what, breaks] of BREAKS) {
      it(`is told as ${what} for as long as it is there, and nothing else is`, async () => {
        await until('all is good', PATIENCE, async () => isDeepStrictEqual(await refused(), NONE))
        const mend = await breaks(file)
        await until('it is told', PATIENCE, async () => (await refused())[what] === 1)
        assert.deepEqual(await refused(), { ...NONE, [what]: 1 })
        await mend()
        await until('it is over', PATIENCE, async () => (await refused())[what] === 0)
      })
    }
  })
}
