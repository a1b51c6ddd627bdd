import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { installParts } from '../../../../tools/parts/install.ts'
import { startChild, untilReady, type Child } from '../../../../tools/stack/child.ts'
import { freePort } from '../../../../tools/stack/ports.ts'
import { ask } from '../../../support/http.ts'
import { startControlPlane, type ControlPlane } from '../../../support/kubernetes/control-plane.ts'
import { kubeconfig } from '../../../support/kubernetes/kubeconfig.ts'
import { run, type RunResult } from '../../../support/run.ts'
import { until } from '../../../support/until.ts'

/** The repository, from dist/test/e2e/kubernetes/controller. */
const ROOT = path.resolve(import.meta.dirname, '../../../../..')

/** The commands of docs/controller.md, as they stand there. */
describe('the walk-through of docs/controller.md', () => {
  let cluster: ControlPlane
  let home: string
  let operations: number
  let blocks: readonly string[]
  let env: Record<string, string>
  let controller: Child | undefined

  before(async () => {
    cluster = await startControlPlane()
    home = await mkdtemp(path.join(os.tmpdir(), 'rauth-walk-'))
    await writeFile(path.join(home, 'kubeconfig'), kubeconfig(cluster, cluster.administrator))
    await mkdir(path.join(home, 'bin'))
    const { kubectl } = await installParts(['kubectl'])
    await symlink(kubectl, path.join(home, 'bin/kubectl'))
    await symlink(path.join(ROOT, 'dist/rauth.js'), path.join(home, 'bin/rauth'))
    await symlink(path.join(ROOT, 'examples'), path.join(home, 'examples'))
    operations = await freePort()
    const page = await readFile(path.join(ROOT, 'docs/controller.md'), 'utf8')
    blocks = [...page.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, text = '']) => text)
    env = {
      ...{ HOME: home, KUBECONFIG: path.join(home, 'kubeconfig') },
      PATH: `${path.join(home, 'bin')}:${path.dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
      RAUTH_LISTEN_OPERATIONS: `127.0.0.1:${operations}`,
    }
  })
  after(async () => {
    await controller?.stop()
    await cluster.stop()
    await rm(home, { recursive: true, force: true })
  })

  const shell = (script: string): Promise<RunResult> =>
    run('bash', ['-euo', 'pipefail', '-c', `cd ${home}\n${script}`], { env })
  const settings = () => (blocks[1] ?? '').split('\n').slice(0, 2).join('\n')

  it('makes two teams, the rights of the controller and a context with these', async () => {
    assert.equal(blocks.length, 4)
    const { code, output, stdout } = await shell(blocks[0] ?? '')
    assert.equal(code, 0, output)
    assert.match(stdout, /clusterrole\.rbac\.authorization\.k8s\.io\/rauth-controller created/)
  })

  it('says what would be done, and does it', async () => {
    const { code, output, stdout } = await shell(blocks[1] ?? '')
    assert.equal(code, 0, output)
    assert.equal(stdout.match(/"msg":"would be written"/g)?.length, 6, output)
    assert.match(stdout, /^team-a +registry-credentials +Opaque +2/m)
    assert.match(stdout, /^team-b +registry-pull-secret +kubernetes\.io\/dockerconfigjson +1/m)
  })

  it('goes on', async () => {
    const script = `cd ${home}\n${settings()}\nexec ${blocks[2] ?? ''}`
    controller = await startChild({
      ...{ name: 'controller', program: 'bash', args: ['-euo', 'pipefail', '-c', script] },
      ...{ logFile: path.join(home, 'log'), env },
    })
    await untilReady(controller, () =>
      ask(operations, '/readyz').then(
        ({ status }) => status === 200,
        () => false,
      ),
    )
  })

  it('brings back what was taken away, and rotates', async () => {
    const { code, output } = await shell(blocks[3] ?? '')
    assert.equal(code, 0, output)
    await until('the overlap', 5_000, async () => {
      const { stdout } = await shell((blocks[3] ?? '').trim().split('\n').at(-1) ?? '')
      return /"OldPasswordValid","status":"True"/.test(stdout)
    })
  })
})
