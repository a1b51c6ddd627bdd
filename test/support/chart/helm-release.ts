import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { stringify } from 'yaml'
import { installParts } from '../../../tools/parts/install.ts'
import { SELDOM_COLLECTING } from '../go.ts'
import type { ApiServer, Identity } from '../kubernetes/api.ts'
import { kubeconfig } from '../kubernetes/kubeconfig.ts'
import { run, type RunResult } from '../run.ts'

/** The chart, from dist/test/support/chart. */
export const CHART = path.resolve(import.meta.dirname, '../../../../charts/rauth')

/** A helm that Go built does not know for itself which Kubernetes it is for. */
export const KUBERNETES_VERSION = ['--kube-version', '1.34.4']

export type Values = Readonly<Record<string, unknown>>

/** helm with a home of its own and, where it has one, a cluster. */
export interface Helm {
  run(...args: readonly string[]): Promise<RunResult>
  /** The same; throws what it said where it fails. */
  expect(...args: readonly string[]): Promise<string>
  /** A values file for `-f`. */
  values(values: Values): Promise<string>
  /** By which kubectl asks the same cluster. */
  readonly env: Readonly<Record<string, string>>
  remove(): Promise<void>
}

export async function createHelm(cluster?: ApiServer & { administrator: Identity }): Promise<Helm> {
  const { helm: program } = await installParts(['helm'])
  const home = await mkdtemp(path.join(os.tmpdir(), 'rauth-helm-'))
  const file = (name: string) => path.join(home, name)
  if (cluster !== undefined) {
    const text = kubeconfig(cluster, cluster.administrator)
    await writeFile(file('kubeconfig'), text, { mode: 0o600 })
  }
  const env = {
    ...{ HOME: home, KUBECONFIG: file('kubeconfig'), HELM_CONFIG_HOME: file('config') },
    ...{ HELM_CACHE_HOME: file('cache'), HELM_DATA_HOME: file('data') },
    ...SELDOM_COLLECTING,
  }
  let files = 0
  const helm = (...args: readonly string[]) => run(program, args, { env, timeout: 120_000 })
  return {
    env,
    run: helm,
    async expect(...args) {
      const { code, stdout, output } = await helm(...args)
      if (code !== 0) throw new Error(`helm ${args.join(' ')}: ${output}`)
      return stdout
    },
    async values(values) {
      const name = file(`values-${String((files += 1))}.yaml`)
      await writeFile(name, stringify(values))
      return name
    },
    remove: () => rm(home, { recursive: true, force: true }),
  }
}
