import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CraneClient } from './clients.ts'
import { ask, fetchToken } from './http.ts'
import { until } from './until.ts'

/** What pulled all the time came to. */
export interface Pulls {
  readonly done: () => number
  /** What went wrong, one text each. */
  readonly failures: readonly string[]
  /** Ends with the pull that is under way. */
  stop(): Promise<void>
}

export interface PullLogin {
  readonly username: string
  readonly password: string
}

export interface PullOptions {
  /** Of the registry, or of what stands before it. */
  readonly port: number
  /** Of the token service. */
  readonly token: number
  readonly service: string
  /** Or where it is found, anew for each token. */
  readonly login: PullLogin | (() => Promise<PullLogin>)
  /** `team-a/app`, which has the tag v1. */
  readonly repository: string
  /** How long a token is used again, milliseconds; 0: for one pull. */
  readonly reuse: number
  /** From one pull to the next, milliseconds; 10 without. */
  readonly pause?: number
}

/** What a manifest may be, for an Accept header: without it a registry knows of the oldest kind only. */
export const MANIFESTS = [
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
].join(', ')

/** Pulls one image over and over as clients do: token, manifest, layers. */
export function pullOverAndOver(options: PullOptions): Pulls {
  const { port, repository } = options
  let token = ''
  let fetched = -Infinity
  async function get(path: string, accept: string): Promise<string> {
    const headers = { authorization: `Bearer ${token}`, accept }
    const { status, body } = await ask(port, `/v2/${repository}/${path}`, { headers })
    if (status !== 200) throw new Error(`${path}: ${status} ${body}`)
    return body
  }
  return overAndOver(async () => {
    if (performance.now() - fetched >= options.reuse) {
      fetched = performance.now()
      const scope = `repository:${repository}:pull`
      const { login } = options
      const found = typeof login === 'function' ? await login() : login
      token = await fetchToken(options.token, found, options.service, scope)
    }
    const manifest = await get('manifests/v1', MANIFESTS)
    const { layers } = JSON.parse(manifest) as { layers: { digest: string }[] }
    for (const { digest } of layers) await get(`blobs/${digest}`, '*/*')
  }, options.pause)
}

/** `pause`: from one pull to the next, milliseconds. */
export function craneOverAndOver(crane: CraneClient, reference: string, pause?: number): Pulls {
  return overAndOver(async () => {
    const { code, output } = await crane.pull(reference)
    if (code !== 0) throw new Error(output)
  }, pause)
}

function overAndOver(pull: () => Promise<void>, pause = 10): Pulls {
  const failures: string[] = []
  let done = 0
  let stopped = false
  async function run(): Promise<void> {
    while (!stopped) {
      try {
        await pull()
        done += 1
      } catch (error) {
        failures.push(error instanceof Error ? error.message : String(error))
      }
      await sleep(pause)
    }
  }
  const running = run()
  return {
    done: () => done,
    failures,
    async stop() {
      stopped = true
      await running
    },
  }
}

export async function stopAll(pulls: ReadonlyMap<string, Pulls>): Promise<void> {
  await Promise.all([...pulls.values()].map((one) => one.stop()))
}

/** Waits until each has pulled `more` times again, or one has failed. */
export async function untilPulled(pulls: ReadonlyMap<string, Pulls>, more: number): Promise<void> {
  const all = [...pulls.values()]
  const wanted = all.map((one) => one.done() + more)
  await until(`each pulls ${String(more)} times more`, 60_000, () => {
    const failed = all.some(({ failures }) => failures.length > 0)
    return failed || all.every((one, i) => one.done() >= (wanted[i] ?? 0))
  })
}

/** None failed, and there were as many as prove something: `least` of each. */
export function assertNoFailure(
  context: TestContext,
  pulls: ReadonlyMap<string, Pulls>,
  least: number,
): void {
  const failures = [...pulls].flatMap(([name, one]) =>
    one.failures.map((text) => `${name}: ${text}`),
  )
  const done = [...pulls].map(([name, one]) => `${name} ${one.done()}`)
  context.diagnostic(`pulls: ${done.join(', ')}; failures: ${failures.length}`)
  assert.deepEqual(failures, [])
  for (const [name, one] of pulls) assert.ok(one.done() >= least, `${name}: ${one.done()} pulls`)
}
