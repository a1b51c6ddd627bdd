import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { ask } from '../../support/http.ts'
import { liveAt, type Live } from '../../support/pages/live.ts'
import type { ReadersCluster } from '../../support/pages/readers-cluster.ts'
import type { Walk } from '../../support/pages/walk.ts'
import { until } from '../../support/until.ts'

export function keyRotation(given: () => ReadersCluster): void {
  describe('docs/tasks/key-rotation.md', () => {
    let walk: Walk
    let live: Live
    before(() => {
      live = liveAt(given())
      walk = given().walk('docs/tasks/key-rotation.md')
    })
    async function publishedKeys(): Promise<readonly string[]> {
      const { body } = await ask(given().port, '/jwks.json')
      return (JSON.parse(body) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid)
    }
    /** The registry itself, past Envoy. */
    async function registryPort(): Promise<number> {
      const { stdout } = await walk.shell(
        "kubectl get service rauth-registry -n registry -o 'jsonpath={.spec.ports[0].port}'",
      )
      return Number(stdout)
    }
    const registry = () => given().controllers.pod('rauth-registry').child('registry').pid

    it('can all be run here', () => {
      assert.deepEqual(walk.left().elsewhere, [])
    })

    it('rotates by a CronJob, and when it is asked to; nothing is restarted', async () => {
      const token = await live.token('team-a')
      const before = registry()
      assert.match(
        (await walk.section('By itself')).stdout,
        /^rauth-keys-rotate .*\n\{"keys":\[\{/m,
      )
      await walk.section('Now')
      await until('two keys', 20_000, async () => (await publishedKeys()).length === 2)
      assert.equal(await live.tags(token, 'team-a'), 200)
      assert.equal(registry(), before)
    })

    it('takes a stolen key away: the gateway refuses its tokens, a registry that is asked by itself does not', async () => {
      const [token, stolen] = [await live.token('team-a'), await publishedKeys()]
      const { stdout } = await walk.section('A signing key was stolen')
      assert.equal(stdout.match(/^secret\/rauth-keys patched$/gm)?.length, 2)
      const keys = await publishedKeys()
      assert.equal(keys.length, 1)
      assert.ok(keys.every((kid) => !stolen.includes(kid)))
      assert.equal(await live.tags(token, 'team-a'), 401)
      assert.equal(await live.tags(token, 'team-a', await registryPort()), 200)
      assert.equal(await live.tags(await live.token('team-a'), 'team-a'), 200)
    })

    it('makes everything anew: then the registry refuses them, too', async () => {
      const token = await live.token('team-a')
      await walk.section('Everything anew')
      assert.equal(await live.tags(token, 'team-a'), 401)
      assert.equal(await live.tags(token, 'team-a', await registryPort()), 401)
      const next = await live.token('team-a')
      assert.equal(await live.tags(next, 'team-a'), 200)
      assert.equal(await live.tags(next, 'team-a', await registryPort()), 200)
    })

    it('has what a registry with a jwks file takes', async () => {
      await walk.section('Registries with a jwks file')
      const { stdout } = await walk.shell('cat jwks.json')
      assert.equal((JSON.parse(stdout) as { keys: unknown[] }).keys.length, 1)
    })

    it('was walked from one end to the other', () => {
      assert.deepEqual(walk.left().headings, [])
    })
  })
}
