import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { startChild, untilReady, type Child } from '../../../tools/stack/child.ts'
import { freePort } from '../../../tools/stack/ports.ts'
import { ask } from '../http.ts'
import type { ControlCluster } from './cluster.ts'

/** The bundled program, from dist/test/support/control. */
const PROGRAM = path.resolve(import.meta.dirname, '../../../rauth.js')

/** `rauth controller` as it ships, a process of its own. */
export interface RunningController {
  readonly child: Child
  readonly operations: number
  log(): Promise<string>
  metrics(): Promise<string>
  stop(): Promise<void>
}

/** How long it may take to end in order, by which it gives its lead away, milliseconds. */
const PATIENCE = 30_000

let started = 0

/** With the rights of the controller; ready, which does not say that it leads. */
export async function startController(
  cluster: ControlCluster,
  more: Readonly<Record<string, string>> = {},
): Promise<RunningController> {
  const { home } = cluster
  const operations = await freePort()
  const logFile = path.join(home, `controller-${(started += 1)}.log`)
  const child = await startChild({
    ...{ name: 'rauth controller', program: process.execPath, logFile },
    args: [PROGRAM, 'controller', '-f', path.join(home, 'rauth.yaml')],
    env: { ...cluster.environment(), RAUTH_LISTEN_OPERATIONS: `127.0.0.1:${operations}`, ...more },
  })
  try {
    await untilReady(child, () =>
      ask(operations, '/readyz').then(
        ({ status }) => status === 200,
        () => false,
      ),
    )
  } catch (error) {
    await child.stop()
    throw error
  }
  return {
    ...{ child, operations },
    log: () => readFile(logFile, 'utf8'),
    metrics: async () => (await ask(operations, '/metrics')).body,
    async stop() {
      await child.stop(PATIENCE)
    },
  }
}
