import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { installParts } from '../../tools/parts/install.ts'
import type { ControlPlane } from './kubernetes/control-plane.ts'
import { kubeconfig } from './kubernetes/kubeconfig.ts'
import { run } from './run.ts'
import { until } from './until.ts'

/** The repository, from dist/test/support. */
const ROOT = path.resolve(import.meta.dirname, '../../..')
const EXAMPLES = path.join(ROOT, 'examples/kubernetes/credential-provider')

interface Provider {
  readonly file: string
  /** What it is called in the kubelet's folder. */
  readonly name: string
}

/** What a kubelet may run. */
export const PROVIDERS = {
  bundle: {
    file: path.join(ROOT, 'dist/rauth-credential-provider.cjs'),
    name: 'rauth-credential-provider',
  },
  script: {
    file: path.join(EXAMPLES, 'rauth-credential-provider.sh'),
    name: 'rauth-credential-provider',
  },
  rauth: { file: path.join(ROOT, 'dist/rauth.js'), name: 'rauth' },
} as const satisfies Record<string, Provider>

/** The example with what docs/kubelet.md says of `rauth` itself. */
export const withRauth = (example: string) =>
  example
    .replace('name: rauth-credential-provider', 'name: rauth')
    .replace('args: [', 'args: [credential-provider, ')

export interface PulledWith {
  /** What the kubelet would try for each image, first to last. */
  readonly credentials: readonly (readonly { username: string; password: string }[])[]
  /** How often it ran the provider. */
  readonly runs: number
  readonly log: string
}

/** A node: what its kubelet does of itself between a pod and PullImage, by the kubelet's own code. */
export interface Kubelet {
  readonly credentialsFor: (
    pod: { readonly namespace: string; readonly name: string },
    ...images: readonly string[]
  ) => Promise<PulledWith>
  /**
   * The same for one image, once there are some: a kubelet tries again and again, and what it was allowed a moment
   * ago, the API server may not know yet. Rejects with what was said last.
   */
  readonly untilCredentialsFor: (
    pod: { readonly namespace: string; readonly name: string },
    image: string,
  ) => Promise<PulledWith['credentials'][number]>
  remove(): Promise<void>
}

/** Milliseconds until the API server must act by what it knows of a pod. */
const EFFECT_LIMIT = 30_000

export interface KubeletOptions {
  readonly node: string
  readonly provider: keyof typeof PROVIDERS
  /** Changes the example that is its configuration. */
  readonly configure?: (example: string) => string
}

export async function kubelet(
  cluster: ControlPlane,
  { node, provider, configure = (example) => example }: KubeletOptions,
): Promise<Kubelet> {
  const { 'kubelet-credentials': program } = await installParts(['kubelet-credentials'])
  const folder = await mkdtemp(path.join(os.tmpdir(), 'rauth-kubelet-'))
  const file = (name: string) => path.join(folder, name)
  const example = await readFile(path.join(EXAMPLES, 'credential-provider-config.yaml'), 'utf8')
  await writeFile(file('config.yaml'), configure(example))
  const identity = await cluster.client(`system:node:${node}`, 'system:nodes')
  await writeFile(file('kubeconfig'), kubeconfig(cluster, identity), { mode: 0o600 })
  await mkdir(file('bin'))
  const { file: made, name: called } = PROVIDERS[provider]
  // npm links the whole rauth; the others are copied by whoever sets up a node.
  if (provider === 'rauth') await symlink(made, file('provider'))
  else await copyFile(made, file('provider'))
  // Counts, and is what it is called as.
  const counting = `#!/bin/sh\necho >> ${file('runs')}\nexec ${file('provider')} "$@"\n`
  await writeFile(file(`bin/${called}`), counting)
  await Promise.all(['provider', `bin/${called}`].map((name) => chmod(file(name), 0o755)))
  const one: Kubelet = {
    async credentialsFor({ namespace, name }, ...images) {
      await writeFile(file('runs'), '')
      const { code, stdout, stderr } = await run(program, [
        ...['-kubeconfig', file('kubeconfig'), '-namespace', namespace, '-pod', name],
        ...['-image-credential-provider-config', file('config.yaml')],
        ...['-image-credential-provider-bin-dir', file('bin'), ...images],
      ])
      if (code !== 0) throw new Error(stderr)
      const credentials = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as PulledWith['credentials'][number])
      return { credentials, runs: (await readFile(file('runs'), 'utf8')).length, log: stderr }
    },
    async untilCredentialsFor(pod, image) {
      let found: PulledWith['credentials'][number] = []
      let said = ''
      await until('credentials', EFFECT_LIMIT, async () => {
        try {
          const { credentials, log } = await one.credentialsFor(pod, image)
          ;[found = []] = credentials
          said = log
        } catch (error) {
          said = String(error)
        }
        return found.length > 0
      }).catch((cause: unknown) => {
        throw new Error(said, { cause })
      })
      return found
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
  return one
}
