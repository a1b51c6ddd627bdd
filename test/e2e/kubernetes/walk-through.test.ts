import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { installParts } from '../../../tools/parts/install.ts'
import { startChild, untilReady, type Child } from '../../../tools/stack/child.ts'
import { freePort } from '../../../tools/stack/ports.ts'
import { ask } from '../../support/http.ts'
import { startControlPlane, type ControlPlane } from '../../support/kubernetes/control-plane.ts'
import { kubeconfig } from '../../support/kubernetes/kubeconfig.ts'
import { run, type RunResult } from '../../support/run.ts'
import { until } from '../../support/until.ts'

/** The repository, from dist/test/e2e/kubernetes. */
const ROOT = path.resolve(import.meta.dirname, '../../../..')

/** The commands of docs/kubernetes.md, as they stand there, but for the port. */
describe('the walk-through of docs/kubernetes.md', () => {
  let cluster: ControlPlane
  let home: string
  let token: number
  let operations: number
  let blocks: readonly string[]
  let env: Record<string, string>
  let rauth: Child | undefined

  before(async () => {
    cluster = await startControlPlane()
    home = await mkdtemp(path.join(os.tmpdir(), 'rauth-walk-'))
    await writeFile(path.join(home, 'kubeconfig'), kubeconfig(cluster, cluster.administrator))
    await mkdir(path.join(home, 'bin'))
    const { kubectl } = await installParts(['kubectl'])
    await symlink(kubectl, path.join(home, 'bin/kubectl'))
    await symlink(path.join(ROOT, 'dist/rauth.js'), path.join(home, 'bin/rauth'))
    await symlink(path.join(ROOT, 'examples'), path.join(home, 'examples'))
    ;[token, operations] = [await freePort(), await freePort()]
    const page = await readFile(path.join(ROOT, 'docs/kubernetes.md'), 'utf8')
    blocks = [...page.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, text = '']) =>
      text.replaceAll('8080', String(token)),
    )
    env = {
      ...{ HOME: home, KUBECONFIG: path.join(home, 'kubeconfig') },
      PATH: `${path.join(home, 'bin')}:${path.dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
      RAUTH_LISTEN_GATEWAY: '127.0.0.1:0',
      RAUTH_LISTEN_GATEWAY_HTTP: '127.0.0.1:0',
      RAUTH_LISTEN_OPERATIONS: `127.0.0.1:${operations}`,
    }
  })
  after(async () => {
    await rauth?.stop()
    await cluster.stop()
    await rm(home, { recursive: true, force: true })
  })

  const shell = (script: string): Promise<RunResult> =>
    run('bash', ['-euo', 'pipefail', '-c', `cd ${home}\n${script}`], { env })

  it('is made of five blocks', () => {
    assert.equal(blocks.length, 5)
  })

  it('makes two teams and the rights of rauth', async () => {
    const { code, output, stdout } = await shell(blocks[0] ?? '')
    assert.equal(code, 0, output)
    assert.match(stdout, /clusterrole\.rbac\.authorization\.k8s\.io\/rauth created/)
    assert.equal(stdout.match(/secret\/registry-credentials created/g)?.length, 2)
  })

  it('has a context with these rights alone', async () => {
    const { code, output } = await shell(blocks[1] ?? '')
    assert.equal(code, 0, output)
    assert.match(output, /"system:serviceaccount:rauth:rauth" cannot list resource "secrets"/)
  })

  it('runs rauth as that', async () => {
    const script = `cd ${home}\n${(blocks[2] ?? '').replace('rauth serve', 'exec rauth serve')}`
    rauth = await startChild({
      ...{ name: 'rauth', program: 'bash', args: ['-euo', 'pipefail', '-c', script] },
      ...{ logFile: path.join(home, 'log'), env },
    })
    await untilReady(rauth, () =>
      ask(operations, '/readyz').then(
        ({ status }) => status === 200,
        () => false,
      ),
    )
    const log = await readFile(path.join(home, 'log'), 'utf8')
    assert.match(log, /the environment: ok/)
    assert.match(log, /"usable":2,"unusable":0,.*"msg":"credentials loaded"/)
  })

  it('is asked by can-i, too, who is there', async () => {
    const settings = blocks[2]?.split('\n')[0] ?? ''
    const canI = (repository: string) =>
      shell(`${settings}\nrauth can-i push ${repository} --as team-a`)
    const own = await canI('team-a/app')
    assert.equal(own.code, 0, own.output)
    assert.equal((await canI('team-b/app')).code, 1)
    const nobody = await shell(`${settings}\nrauth can-i pull team-x/app --as team-x`)
    assert.match(nobody.output, /team-x/)
  })

  it('logs in, each team to its own', async () => {
    const { code, output, stdout } = await shell(blocks[3] ?? '')
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
    const functions = blocks[3]?.split('\n').slice(0, 2).join('\n') ?? ''
    const [before = '', remove = '', login = ''] = (blocks[4] ?? '').split('\n')
    const { stdout: password } = await shell(`${functions}\n${before}\nprintf %s "$before"`)
    assert.match(password, /^[0-9a-f]{48}$/)
    const asked = await shell(`before=${password}\n${login}`)
    assert.match(asked.stdout, /"token"/)
    const removed = await shell(remove)
    assert.equal(removed.code, 0, removed.output)
    await until('a 401', 1_000, async () => {
      const { stdout } = await shell(`before=${password}\n${login}`)
      return stdout.includes('UNAUTHORIZED')
    })
  })
})
