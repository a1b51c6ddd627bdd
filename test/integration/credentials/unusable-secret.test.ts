import assert from 'node:assert/strict'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { AUDIT, recordsOf } from '../../differential/records.ts'
import { replaceFile } from '../../../tools/stack/state.ts'
import type { AuditLine } from '../../support/audit-lines.ts'
import { ask, basic } from '../../support/http.ts'
import { SERVICE, startServing, type Serving } from '../../support/serving.ts'
import { until } from '../../support/until.ts'

/** Longer than a busy machine needs for anything here, milliseconds. */
const PATIENCE = 20_000
/** From here is looked whether something is so: failures of it are counted apart. */
const LOOKS_ON = '127.0.0.2'
const LOGIN = { username: 'team-a', password: 'a long random text' }
const PROBLEM = 'the Secret team-b/registry-credentials cannot be used: '

const manifest = (data: string) => `apiVersion: v1
kind: Secret
metadata: { name: registry-credentials, namespace: team-b }
stringData: ${data}
`
/** Without its password. */
const BROKEN = manifest('{ username: team-b }')

for (const workers of ['1', '2']) {
  describe(`a login where the Secret of its namespace cannot be used, ${workers} worker`, () => {
    let serving: Serving
    const put = (text: string) => replaceFile(path.join(serving.secrets, 'team-b.yaml'), text)
    before(async () => {
      serving = await startServing({
        logins: [LOGIN],
        config: { ...AUDIT, guessing: { failures: 40, perNetwork: 0 } },
        args: ['--workers', workers],
      })
      await put(BROKEN)
      await until('it is seen by all', PATIENCE, () =>
        several(async () => (await details('team-b', LOOKS_ON)).includes(PROBLEM)),
      )
    })
    after(() => serving.stop())

    /** Each on a connection of its own: they are given to the workers in turn. */
    async function several(isSo: () => Promise<boolean>): Promise<boolean> {
      for (let i = 0; i < 4; i += 1) if (!(await isSo())) return false
      return true
    }
    function login(username: string, password = 'wrong', from = '127.0.0.1') {
      const target = `/token?service=${SERVICE}&scope=repository:team-b/app:pull`
      const headers = { authorization: basic(username, password) }
      return ask(serving.token, target, { headers, from })
    }
    /** Without what is another in each answer. */
    async function answer(username: string, password?: string) {
      const { status, headers, body } = await login(username, password)
      const seen = Object.fromEntries(
        Object.entries(headers).filter(
          ([name]) => !['date', 'x-request-id', 'retry-after'].includes(name),
        ),
      )
      return [status, seen, body.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID')] as const
    }
    /** What is recorded of one more: by its id, as the worker of another one may be the last to write. */
    async function details(username: string, from?: string): Promise<string> {
      const { body } = await login(username, 'wrong', from)
      const { errors } = JSON.parse(body) as { errors: [{ detail: { decision: string } }] }
      const wanted = errors[0].detail.decision
      let found: AuditLine | undefined
      await until(`a record of ${wanted}`, PATIENCE, async () => {
        found = (await recordsOf(serving)).find(({ id }) => id === wanted)
        return found !== undefined
      })
      return String(found?.['detail'])
    }

    it('has a record that names it, and says why', async () => {
      assert.match(
        await details('team-b'),
        /^unknown user name: the Secret team-b\/registry-credentials cannot be used: .*password/,
      )
      assert.doesNotMatch(await details('team-x'), /Secret team-/)
    })

    it('has the answer of a name that nobody has, also once there were too many', async () => {
      const seen = new Set<number>()
      for (let round = 0; !seen.has(429); round += 1) {
        assert.ok(round < 100)
        const [of, nobody] = [await answer('team-b'), await answer('nobody')]
        // Its failures are counted apart.
        if (of[0] === nobody[0]) assert.deepEqual(of, nobody)
        if (of[0] === nobody[0]) seen.add(of[0])
        assert.ok(!JSON.stringify(of).includes('registry-credentials'))
      }
      assert.deepEqual([...seen], [401, 429])
      assert.match(await details('team-b'), /^for team-b: the Secret team-b\/registry-credentials /)
    })

    it('is told no more once the Secret is good', async () => {
      await put(manifest('{ username: team-b, password: another long text }'))
      await until('it is good to all', PATIENCE, () =>
        several(async () => (await answer('team-b', 'another long text'))[0] === 200),
      )
      assert.doesNotMatch(await details('team-b'), /cannot be used/)
    })
  })
}
