import assert from 'node:assert/strict'
import { copyFile, cp, stat } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { succeeded } from '../../support/expect.ts'
import { liveAt, type Live } from '../../support/pages/live.ts'
import { startReadersCluster, type ReadersCluster } from '../../support/pages/readers-cluster.ts'
import type { Walk } from '../../support/pages/walk.ts'

const PAGE = 'docs/tasks/backup.md'
const FILES = ['backup-keys.yaml', 'backup-passwords.yaml', 'backup-values.yaml']
const TEAM = 'team-b'

/** Ends the pods of the cluster that it is given, and goes on in an empty one. */
export function backup(given: () => ReadersCluster): void {
  describe(PAGE, () => {
    let first: Walk
    let second: Walk
    let empty: ReadersCluster | undefined
    let live: Live
    let held: { token: string; refreshToken: string; password: string }
    before(async () => {
      first = given().walk(PAGE)
      live = liveAt(given())
      const values = '-f values.yaml -f keyless.yaml --set config.extra.token.refresh.enabled=true'
      const upgrade = `helm upgrade rauth ./charts/rauth -n registry ${values} --no-hooks`
      succeeded(await first.shell(upgrade))
      for (const name of ['rauth', 'rauth-registry']) {
        succeeded(await first.shell(`kubectl rollout status deployment/${name} -n registry`))
      }
      const image = `localhost:30500/${TEAM}/app:v1`
      const push = `kubectl get secret registry-credentials -n ${TEAM} -o 'jsonpath={.data.password}' | base64 -d |
        docker login localhost:30500 -u ${TEAM} --password-stdin
        docker tag busybox:1.37 ${image} && docker push ${image}`
      succeeded(await first.shell(push))
      held = {
        token: await live.token(TEAM),
        refreshToken: await live.refreshToken(TEAM),
        password: await live.password(TEAM),
      }
    })
    after(() => empty?.stop())

    it('has these commands that need nodes', () => {
      assert.deepEqual(first.left().elsewhere, ["node: kubectl apply -f - << 'EOF'"])
    })

    it('backs up, into files that nobody else may read', async () => {
      await first.section('Back up')
      for (const name of FILES) {
        assert.equal((await stat(path.join(given().home, name))).mode & 0o777, 0o600, name)
      }
    })

    it('restores in an empty cluster', async () => {
      await given().controllers.stop()
      empty = await startReadersCluster(given())
      for (const name of FILES) {
        await copyFile(path.join(given().home, name), path.join(empty.home, name))
      }
      // What a snapshot of the volume is for.
      await cp(given().node.claims, empty.node.claims, { recursive: true })
      second = empty.walk(PAGE)
      const { stdout } = await second.section('Restore')
      assert.equal(stdout.match(/successfully rolled out/g)?.length, 3)
      await second.section('Restore the passwords')
    })

    it('has tokens, refresh tokens, passwords and images of before good again', async () => {
      live = liveAt(empty ?? assert.fail())
      assert.equal(await live.password(TEAM), held.password)
      assert.equal(await live.tags(held.token, TEAM), 200)
      assert.equal(await live.refresh(held.refreshToken), 200)
      const { password } = held
      const login = `docker login localhost:30500 -u ${TEAM} --password-stdin`
      const { stdout } = await second.shell(`printf %s '${password}' | ${login}`)
      assert.match(stdout, /Login Succeeded/)
    })

    it('was walked from one end to the other', () => {
      const left = first.left().headings.filter((one) => second.left().headings.includes(one))
      assert.deepEqual(left, [])
    })
  })
}
