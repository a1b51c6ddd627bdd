import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { freePort } from '../../../../tools/stack/ports.ts'
import { startWalk, type Walk } from '../../../support/kubernetes/walk.ts'
import { until } from '../../../support/until.ts'

/** The commands of docs/controller.md, as they stand there. */
describe('the walk-through of docs/controller.md', () => {
  let walk: Walk
  before(async () => {
    walk = await startWalk('docs/controller.md', await freePort())
  })
  after(() => walk.stop())

  const block = (index: number) => walk.blocks[index] ?? ''
  const settings = () => block(1).split('\n').slice(0, 2).join('\n')

  it('makes two teams, the rights of the controller and a context with these', async () => {
    assert.equal(walk.blocks.length, 4)
    const { code, output, stdout } = await walk.shell(block(0))
    assert.equal(code, 0, output)
    assert.match(stdout, /clusterrole\.rbac\.authorization\.k8s\.io\/rauth-controller created/)
  })

  it('says what would be done, and does it', async () => {
    const { code, output, stdout } = await walk.shell(block(1))
    assert.equal(code, 0, output)
    assert.equal(stdout.match(/"msg":"would be written"/g)?.length, 6, output)
    assert.match(stdout, /^team-a +registry-credentials +Opaque +2/m)
    assert.match(stdout, /^team-b +registry-pull-secret +kubernetes\.io\/dockerconfigjson +1/m)
  })

  it('goes on', async () => {
    await walk.goOn(`${settings()}\nexec ${block(2)}`)
  })

  it('brings back what was taken away, and rotates', async () => {
    const { code, output } = await walk.shell(block(3))
    assert.equal(code, 0, output)
    await until('the overlap', 20_000, async () => {
      const { stdout } = await walk.shell(block(3).trim().split('\n').at(-1) ?? '')
      return /"OldPasswordValid","status":"True"/.test(stdout)
    })
  })
})
