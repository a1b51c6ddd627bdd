import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { installParts } from '../../../tools/parts/install.ts'
import { startChild, untilReady, type Child } from '../../../tools/stack/child.ts'
import { createPortPicker, freePort } from '../../../tools/stack/ports.ts'
import { craneClient, type CraneClient } from '../clients.ts'
import { ask } from '../http.ts'
import { ROOT } from '../pages.ts'
import { walkPage, type Walk } from './walk.ts'

/** Of alice, whose name stands in the pages. */
export const PASSWORD = 'a password'

/** Somebody who comes from another program with a registry, and no cluster. */
export interface Mover {
  readonly home: string
  readonly walk: Walk
  /** What stands for a port that the page says. */
  port(said: number): number
  /** Starts what goes on below a heading; ready once all of these ports answer. */
  start(heading: string, ...said: readonly number[]): Promise<void>
  /** Starts the registry on port 5000 by `config.yml` as it is; ends the one that ran. */
  restartRegistry(): Promise<void>
  /** Alice, who has logged in once. */
  readonly alice: CraneClient
  stop(): Promise<void>
}

/** `said`: the ports that the page says. */
export async function startMover(page: string, said: readonly number[]): Promise<Mover> {
  const home = await mkdtemp(path.join(os.tmpdir(), 'rauth-mover-'))
  const bin = path.join(home, 'bin')
  const { registry3 } = await installParts(['registry3'])
  await mkdir(bin)
  await symlink(registry3, path.join(bin, 'registry'))
  await symlink(path.join(ROOT, 'dist/rauth.js'), path.join(bin, 'rauth'))
  const pick = createPortPicker([])
  const ports = new Map<number, number>()
  for (const one of said) ports.set(one, await pick(await freePort()))
  const port = (one: number) => ports.get(one) ?? assert.fail(`no port ${String(one)}`)
  const env = {
    ...{ HOME: home, REGISTRY_PASSWORD: PASSWORD, OTEL_TRACES_EXPORTER: 'none' },
    PATH: `${bin}:${path.dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
    RAUTH_LISTEN_OPERATIONS: '127.0.0.1:0',
  }
  const replace = Object.fromEntries([...ports].map(([from, to]) => [String(from), String(to)]))
  const walk = walkPage({ page, home, env, replace })
  const login = { username: 'alice', password: PASSWORD }
  const alice = await craneClient(`localhost:${String(port(5000))}`, login)
  const services: Child[] = []
  let registry: Child | undefined
  return {
    ...{ home, walk, port, alice },
    async start(heading, ...ready) {
      const all = async () => {
        const asked = await Promise.all(ready.map((one) => answers(port(one))))
        return asked.every(Boolean)
      }
      services.push(...(await walk.start(heading, all)))
    },
    async restartRegistry() {
      await registry?.stop()
      registry = await startChild({
        ...{ name: 'registry', program: 'bash', env },
        args: ['-c', `cd ${home} && exec registry serve config.yml`],
        logFile: path.join(home, 'registry.log'),
      })
      await untilReady(registry, () => answers(port(5000)))
    },
    async stop() {
      await registry?.stop()
      for (const one of services) await one.stop()
      await alice.remove()
      await rm(home, { recursive: true, force: true })
    },
  }
}

function answers(port: number): Promise<boolean> {
  return ask(port, '/v2/').then(
    // One that is not ready yet says 503.
    ({ status }) => status < 500,
    () => false,
  )
}
