import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { createApi } from '../support/kubernetes/api.ts'
import { startControlPlane, type ControlPlane } from '../support/kubernetes/control-plane.ts'
import { kubeconfig } from '../support/kubernetes/kubeconfig.ts'
import { rightsOf, untilStatus } from '../support/kubernetes/rights.ts'
import { secretsOf } from '../support/kubernetes/secrets.ts'
import { fetchToken } from '../support/http.ts'
import { residentMemory } from '../support/process-figures.ts'
import { startServing, type Serving, SERVICE } from '../support/serving.ts'

const NAMESPACES = 10_000
/** Requests of whoever makes them, at a time. */
const AT_ONCE = 16
/** Changes whose effect is waited for. */
const CHANGES = 300
/** Milliseconds after which what was needed for the start is no longer there. */
const SETTLED = 10_000

const CHOSEN = '/api/v1/secrets?fieldSelector=metadata.name%3Dregistry-credentials'
const name = (i: number) => `namespace-${i}`
const login = (i: number, turn = 0) => ({
  ...{ username: name(i), password: `a long random text ${i} ${turn}` },
})

/** `rauth serve`, bundled, with the Secrets of a cluster: its first list, its memory, and how fast changes come. */
export async function benchKubernetes(): Promise<readonly string[]> {
  const cluster = await startControlPlane()
  const home = await mkdtemp(path.join(os.tmpdir(), 'rauth-bench-'))
  try {
    const secrets = secretsOf(cluster.api)
    await secrets.namespace('rauth')
    const rauth = await rightsOf(cluster.api, 'rbac.yaml')
    const api = createApi(cluster, rauth)
    await untilStatus(api, CHOSEN, 200)
    api.close()
    const file = path.join(home, 'kubeconfig')
    await writeFile(file, kubeconfig(cluster, rauth))

    const before = await measured(file, async ({ child }) => {
      await settled()
      return residentMemory(child.pid)
    })
    await forEach(async (i) => {
      await secrets.namespace(name(i))
      await secrets.create(name(i), login(i))
    })
    return await measured(file, async (serving) => {
      const peak = residentMemory(serving.child.pid)
      const seconds = /"seconds":([\d.]+),"msg":"credentials loaded"/.exec(await serving.log())?.[1]
      await settled()
      const after = residentMemory(serving.child.pid)
      const delays = await delaysOf(cluster, serving)
      const at = (share: number) =>
        `${(delays[Math.floor((delays.length - 1) * share)] ?? 0).toFixed(0)} ms`
      return [
        `${NAMESPACES} namespaces: first full list ${seconds ?? '?'} s, ${await pages(serving)} requests`,
        `RSS MiB ${before.toFixed(0)} with no Secret, ${peak.toFixed(0)} when ready, ${after.toFixed(0)} after ${SETTLED / 1000} s`,
        `from the change of a Secret to a login with it: p50 ${at(0.5)}, p99 ${at(0.99)}, longest ${at(1)}`,
      ]
    })
  } finally {
    await cluster.stop()
    await rm(home, { recursive: true, force: true })
  }
}

async function measured<T>(file: string, measure: (serving: Serving) => Promise<T>): Promise<T> {
  const serving = await startServing({
    logins: [],
    config: {
      ...{ credentials: { kubernetes: { kubeconfig: file } }, logLevel: 'info' },
      guessing: { failures: 0, perNetwork: 0 },
    },
  })
  try {
    return await measure(serving)
  } finally {
    await serving.stop()
  }
}

const settled = () => new Promise((resolve) => setTimeout(resolve, SETTLED))

async function forEach(make: (i: number) => Promise<void>): Promise<void> {
  let next = 0
  const work = async () => {
    while (next < NAMESPACES) await make((next += 1) - 1)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}

/** Milliseconds from the answer to a change until a login has it, in order of size. */
async function delaysOf(cluster: ControlPlane, { token }: Serving): Promise<readonly number[]> {
  const secrets = secretsOf(cluster.api)
  const delays: number[] = []
  for (let turn = 1; turn <= CHANGES; turn += 1) {
    const i = (turn * 7_919) % NAMESPACES
    const begin = performance.now()
    await secrets.replace(name(i), login(i, turn))
    const works = () =>
      fetchToken(token, login(i, turn), SERVICE, '').then(
        () => true,
        () => false,
      )
    while (!(await works()));
    delays.push(performance.now() - begin)
  }
  return delays.sort((a, b) => a - b)
}

async function pages({ operations }: Serving): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${operations}/metrics`)
  const found = /rauth_kubernetes_requests_total\{status="200"\} (\d+)/.exec(await response.text())
  return found?.[1] ?? '?'
}
