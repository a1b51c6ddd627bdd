import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { freePort } from '../../../tools/stack/ports.ts'
import { startWalk, type Walk } from '../../support/kubernetes/walk.ts'
import { promised } from '../../support/promised.ts'

/** The commands of docs/kubernetes.md, as they stand there, but for the port. */
describe('the walk-through of docs/kubernetes.md', () => {
  let walk: Walk
  before(async () => {
    walk = await startWalk('docs/kubernetes.md', await freePort())
  })
  after(() => walk.stop())

  const block = (index: number) => walk.blocks[index] ?? ''

  it('is made of five blocks', () => {
    assert.equal(walk.blocks.length, 5)
  })

  it('makes two teams and the rights of rauth', async () => {
    const { code, output, stdout } = await walk.shell(block(0))
    assert.equal(code, 0, output)
    assert.match(stdout, /clusterrole\.rbac\.authorization\.k8s\.io\/rauth created/)
    assert.equal(stdout.match(/secret\/registry-credentials created/g)?.length, 2)
  })

  it('has a context with these rights alone', async () => {
    const { code, output } = await walk.shell(block(1))
    assert.equal(code, 0, output)
    assert.match(output, /"system:serviceaccount:rauth:rauth" cannot list resource "secrets"/)
  })

  it('runs rauth as that', async () => {
    await walk.goOn(block(2).replace('rauth serve', 'exec rauth serve'))
    const log = await walk.log()
    assert.match(log, /the environment: ok/)
    assert.match(log, /"usable":2,"unusable":0,.*"msg":"credentials loaded"/)
  })

  it('is asked by can-i, too, who is there', async () => {
    const settings = block(2).split('\n')[0] ?? ''
    const canI = (repository: string) =>
      walk.shell(`${settings}\nrauth can-i push ${repository} --as team-a`)
    const own = await canI('team-a/app')
    assert.equal(own.code, 0, own.output)
    assert.equal((await canI('team-b/app')).code, 1)
    const nobody = await walk.shell(`${settings}\nrauth can-i pull team-x/app --as team-x`)
    assert.match(nobody.output, /team-x/)
  })

  it('logs in, each team to its own', async () => {
    const { code, output, stdout } = await walk.shell(block(3))
    assert.equal(code, 0, output)
    const access = [...stdout.matchAll(/"token":"[^".]+\.([^".]+)\./g)].map(
      ([, payload = '']) =>
        (JSON.parse(Buffer.from(payload, 'base64url').toString()) as { access: unknown }).access,
    )
    assert.deepEqual(access, [
      [{ type: 'repository', name: 'team-a/app', actions: ['pull', 'push'] }],
      [],
    ])
  })

  it('revokes what is deleted', async () => {
    const functions = block(3).split('\n').slice(0, 2).join('\n')
    const [before = '', remove = '', login = ''] = block(4).split('\n')
    const { stdout: password } = await walk.shell(`${functions}\n${before}\nprintf %s "$before"`)
    assert.match(password, /^[0-9a-f]{48}$/)
    const asked = await walk.shell(`before=${password}\n${login}`)
    assert.match(asked.stdout, /"token"/)
    const removed = await walk.shell(remove)
    assert.equal(removed.code, 0, removed.output)
    await promised('a 401', 1_000, async () => {
      const { stdout } = await walk.shell(`before=${password}\n${login}`)
      return stdout.includes('UNAUTHORIZED')
    })
  })
})
