import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { liveAt, type Live } from '../../support/pages/live.ts'
import type { ReadersCluster } from '../../support/pages/readers-cluster.ts'
import type { Walk } from '../../support/pages/walk.ts'
import { promised } from '../../support/promised.ts'
import { until } from '../../support/until.ts'

/** What the page promises, milliseconds. */
const HOLDS_AFTER = 1_000

export function emergencyRevocation(given: () => ReadersCluster): void {
  describe('docs/tasks/emergency-revocation.md', () => {
    let walk: Walk
    let live: Live
    let token: string
    before(() => {
      live = liveAt(given())
      walk = given().walk('docs/tasks/emergency-revocation.md')
    })
    /** Milliseconds from the end of the commands. */
    const holds = (what: string) =>
      promised(what, HOLDS_AFTER, async () => (await live.tags(token, 'team-a')) === 401)

    it('can all be run here', () => {
      assert.deepEqual(walk.left().elsewhere, [])
    })

    it('has a token to try with', async () => {
      assert.equal((await walk.section('A token to try with')).stdout, '200\n')
      token = (await walk.shell('cat token')).stdout.trim()
    })

    it('takes a password back, and every token of it', async () => {
      const before = await live.password('team-a')
      await walk.section('A password')
      await holds('the next password')
      assert.notEqual(await live.password('team-a'), before)
      token = await live.token('team-a')
      assert.equal(await live.tags(token, 'team-a'), 200)
    })

    it('shuts a namespace: its Secrets are gone, and a rule denies its ServiceAccounts', async () => {
      const account = 'kubectl create token default -n team-a --audience=localhost:30500'
      const ask = `${account} | REGISTRY_PASSWORD=$(cat) rauth token repository:team-a/app:pull -r http://localhost:30500 -u x`
      const pulls = async () => {
        const { stdout } = await walk.shell(`${ask} | rauth decode - | grep '^access ' || true`)
        return stdout.includes('repository:team-a/app:pull')
      }
      assert.ok(await pulls())
      await walk.section('A namespace')
      await holds('the Secret that is gone')
      await until('the rule', 20_000, async () => !(await pulls()))
      const { stdout } = await walk.shell('kubectl get secrets -n team-a -o name')
      assert.equal(stdout, '')
    })

    it('closes the door, and opens it again', async () => {
      await walk.section('Everybody')
      assert.equal(await live.tags(token, 'team-a'), 401)
    })

    it('was walked from one end to the other', () => {
      assert.deepEqual(walk.left().headings, [])
    })
  })
}
