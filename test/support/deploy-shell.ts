import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { installParts } from '../../tools/parts/install.ts'
import { createHelm } from './chart/helm-release.ts'
import type { ControlPlane } from './kubernetes/control-plane.ts'
import { run, type RunResult } from './run.ts'

/** The repository, from dist/test/support. */
const ROOT = path.resolve(import.meta.dirname, '../../..')

/** bash in a clone of the repository, of somebody who may do everything in a cluster. */
export interface Shell {
  run(script: string): Promise<RunResult>
  remove(): Promise<void>
}

/**
 * kubectl is the real one. So is helm, but for hooks, which nobody would run in a cluster without nodes,
 * and for releases of other projects' charts, of which it only looks whether their values are there.
 */
export async function createShell(cluster: ControlPlane): Promise<Shell> {
  const helm = await createHelm(cluster)
  const programs = await installParts(['helm', 'kubectl'])
  const bin = await mkdtemp(path.join(os.tmpdir(), 'rauth-shell-'))
  await symlink(programs.kubectl, path.join(bin, 'kubectl'))
  const script = `#!/bin/bash
case "$*" in
  *istio/istiod*) test -f "\${@: -1}" ;;
  *) exec ${programs.helm} "$@" --no-hooks ;;
esac
`
  await writeFile(path.join(bin, 'helm'), script)
  await chmod(path.join(bin, 'helm'), 0o755)
  const env = { ...helm.env, PATH: `${bin}:${process.env['PATH'] ?? ''}` }
  return {
    run: (text) =>
      run('bash', ['-euo', 'pipefail', '-c', `cd ${ROOT}\n${text}`], { env, timeout: 120_000 }),
    async remove() {
      await rm(bin, { recursive: true, force: true })
      await helm.remove()
    },
  }
}
