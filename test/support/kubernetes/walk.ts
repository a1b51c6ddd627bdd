import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { installParts } from '../../../tools/parts/install.ts'
import { startChild, untilReady, type Child } from '../../../tools/stack/child.ts'
import { freePort } from '../../../tools/stack/ports.ts'
import { ask } from '../http.ts'
import { run, type RunResult } from '../run.ts'
import { startControlPlane } from './control-plane.ts'
import { kubeconfig } from './kubeconfig.ts'

/** The repository, from dist/test/support/kubernetes. */
const ROOT = path.resolve(import.meta.dirname, '../../../..')

/** A page of docs/ in the hands of a reader who has an empty cluster, a kubeconfig of its administrator, kubectl and rauth. */
export interface Walk {
  /** Whatever is written, as `examples` is there. */
  readonly home: string
  /** Its commands, block by block. */
  readonly blocks: readonly string[]
  shell(script: string): Promise<RunResult>
  /** Goes on with a script that becomes rauth, until that is ready. */
  goOn(script: string): Promise<void>
  /** What that has said. */
  log(): Promise<string>
  stop(): Promise<void>
}

/** `token`: the port that stands in for 8080. */
export async function startWalk(page: string, token: number): Promise<Walk> {
  const cluster = await startControlPlane()
  const home = await mkdtemp(path.join(os.tmpdir(), 'rauth-walk-'))
  const at = (name: string) => path.join(home, name)
  await writeFile(at('kubeconfig'), kubeconfig(cluster, cluster.administrator))
  await mkdir(at('bin'))
  const { kubectl } = await installParts(['kubectl'])
  await symlink(kubectl, at('bin/kubectl'))
  await symlink(path.join(ROOT, 'dist/rauth.js'), at('bin/rauth'))
  await symlink(path.join(ROOT, 'examples'), at('examples'))
  const text = await readFile(path.join(ROOT, page), 'utf8')
  const blocks = [...text.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block = '']) =>
    block.replaceAll('8080', String(token)),
  )
  const operations = await freePort()
  const env = {
    ...{ HOME: home, KUBECONFIG: at('kubeconfig') },
    PATH: `${at('bin')}:${path.dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
    RAUTH_LISTEN_OPERATIONS: `127.0.0.1:${operations}`,
    ...{ RAUTH_LISTEN_GATEWAY: '127.0.0.1:0', RAUTH_LISTEN_GATEWAY_HTTP: '127.0.0.1:0' },
  }
  const bash = (script: string) => ['-euo', 'pipefail', '-c', `cd ${home}\n${script}`]
  let rauth: Child | undefined
  return {
    ...{ home, blocks },
    shell: (script) => run('bash', bash(script), { env }),
    async goOn(script) {
      rauth = await startChild({
        ...{ name: 'rauth', program: 'bash', args: bash(script) },
        ...{ logFile: at('log'), env },
      })
      await untilReady(rauth, () =>
        ask(operations, '/readyz').then(
          ({ status }) => status === 200,
          () => false,
        ),
      )
    },
    log: () => readFile(at('log'), 'utf8'),
    async stop() {
      await rauth?.stop()
      await cluster.stop()
      await rm(home, { recursive: true, force: true })
    },
  }
}
