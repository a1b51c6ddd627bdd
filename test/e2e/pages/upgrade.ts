import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { liveAt, type Live } from '../../support/pages/live.ts'
import type { ReadersCluster } from '../../support/pages/readers-cluster.ts'
import type { Walk } from '../../support/pages/walk.ts'

export function upgrade(given: () => ReadersCluster): void {
  describe('docs/tasks/upgrade.md', () => {
    let walk: Walk
    let live: Live
    let token: string
    let keys: string
    before(async () => {
      live = liveAt(given())
      walk = given().walk('docs/tasks/upgrade.md')
      token = await live.token('team-a')
      keys = await secrets()
    })
    const secrets = async () =>
      (
        await walk.shell(
          'kubectl get secrets -n registry -o name | grep rauth-keys | xargs kubectl get -n registry -o yaml',
        )
      ).stdout
    const image = async () =>
      (await walk.shell("kubectl get deployment rauth -n registry -o 'jsonpath={..image}'")).stdout

    it('has these commands that need nodes', () => {
      assert.deepEqual(walk.left().elsewhere, [
        'node: helm test rauth -n registry # where the realm is not localhost',
      ])
    })

    it('looks before, and changes nothing by that', async () => {
      const { stdout } = await walk.section('Before')
      assert.match(stdout, /^rauth\s+registry\s+2\s/m)
    })

    it('upgrades; what rauth would not serve is refused before anything is changed', async () => {
      const { output } = await walk.section('Upgrade')
      assert.match(output, /^STATUS: deployed$/m)
      assert.match(output, /tokenExpiry|token\.expiry|pre-upgrade hooks failed/)
      assert.match(await image(), /^rauth:2 /)
    })

    it('keeps keys and tokens, and sees that all is well', async () => {
      const { stdout } = await walk.section('Whether it works')
      assert.deepEqual(JSON.parse(stdout), { name: 'team-a/app', tags: ['v1'] })
      assert.equal(await live.tags(token, 'team-a'), 200)
      assert.equal(await secrets(), keys)
    })

    it('goes back', async () => {
      const { stdout } = await walk.section('Back')
      assert.match(stdout, /Rollback was a success/)
      assert.match(await image(), /^rauth:1 /)
      assert.equal(await live.tags(token, 'team-a'), 200)
    })

    it('was walked from one end to the other', () => {
      assert.deepEqual(walk.left().headings, [])
    })
  })
}
