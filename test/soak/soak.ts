import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../src/errors.ts'
import { startChecking, type Asked, type Checking } from '../support/checking.ts'
import { openFiles, residentMemory } from '../support/process-figures.ts'
import { Random } from '../support/random.ts'
import { startServing, type Serving } from '../support/serving.ts'
import type { Figures, Sample } from './judge.ts'
import { change, isSettled, makeNamespaces, renew, type Namespace } from './namespaces.ts'

export interface SoakOptions {
  readonly seconds: number
  /** Checks a second, whether those before were answered or not. */
  readonly rate: number
  /** With fewer each of them changes more often. */
  readonly namespaces?: number
  readonly seed: number
  /** How often is measured, milliseconds. */
  readonly every: number
  readonly say?: (line: string) => void
  /** What is measured, and who is asked: a test puts in what leaks or lies. */
  readonly measure?: (pid: number) => Omit<Sample, 'at'>
  readonly asker?: (port: number, patience: number) => Checking
}

const NAMESPACES = 40

/** Milliseconds between two changes of a Secret. */
const CHANGE = 400

/** How long an answer may take, milliseconds. */
const PATIENCE = 10_000

const TICK = 10

/** Wrong answers that are told as they come. */
const TOLD = 10

const real = (pid: number) => ({ memory: residentMemory(pid), files: openFiles(pid) })

/** Asks a `rauth serve` of its own at a constant rate while its Secrets change, and checks each answer. */
export async function soak(options: SoakOptions): Promise<Figures> {
  const namespaces = makeNamespaces(options.namespaces ?? NAMESPACES)
  const serving = await startServing({
    logins: namespaces.flatMap(({ login }) => login ?? []),
    config: { token: { reuse: '0s' } },
    // Else Node keeps garbage for as long as the machine has room, and memory says nothing.
    node: ['--max-old-space-size=128'],
  })
  try {
    return await run(serving, namespaces, options)
  } finally {
    await serving.stop()
  }
}

async function run(
  serving: Serving,
  namespaces: readonly Namespace[],
  options: SoakOptions,
): Promise<Figures> {
  const { pid } = serving.child
  const random = new Random(options.seed)
  const asker = (options.asker ?? startChecking)(serving.gateway, PATIENCE)
  const [wrong, unanswered]: [string[], string[]] = [[], []]
  const [latencies, samples]: [number[], Sample[]] = [[], []]
  const changes: Record<string, number> = { rotated: 0, removed: 0, added: 0, logins: 0 }
  const count = (what: string): void => {
    changes[what] = (changes[what] ?? 0) + 1
  }
  const begin = performance.now()
  const elapsed = () => performance.now() - begin
  const goesOn = () => elapsed() < options.seconds * 1000
  /** At once: half an hour is long, and the moment tells something. */
  function note(list: string[], text: string): void {
    list.push(text)
    if (list.length <= TOLD) options.say?.(`${(elapsed() / 1000).toFixed(1)} s: ${text}`)
  }
  const open = new Set<Promise<void>>()

  async function ask(namespace: Namespace): Promise<void> {
    const [asked, right] = question(namespace, random)
    const sent = performance.now()
    const settled = isSettled(namespace)
    const { login } = namespace
    const got = await asker.check(asked).catch(messageOf)
    latencies.push(performance.now() - sent)
    // While a change has just been made, what was right before it is right, too.
    const known = settled ? right : [...right, 200, 401]
    const what = `${asked.path} of ${namespace.name}: ${got} and not ${right.join(' or ')}`
    if (typeof got === 'string') note(unanswered, what)
    else if (known.includes(got)) return
    else if (namespace.login === login || ![200, 401, 403].includes(got)) note(wrong, what)
  }
  async function askAllTheTime(): Promise<void> {
    let sent = 0
    while (goesOn()) {
      for (; sent < (elapsed() * options.rate) / 1000; sent += 1) {
        const asking: Promise<void> = ask(random.pick(namespaces)).finally(() => {
          open.delete(asking)
        })
        open.add(asking)
      }
      await sleep(TICK)
    }
  }
  async function over(every: number, work: () => unknown): Promise<void> {
    while (goesOn()) {
      await sleep(every)
      await Promise.resolve(work()).catch((error: unknown) => {
        note(unanswered, messageOf(error))
      })
    }
  }
  function measure(): void {
    samples.push({ at: elapsed() / 1000, ...(options.measure ?? real)(pid) })
    if (samples.length % 15 !== 0) return
    const { at, memory, files } = samples.at(-1) ?? { at: 0, memory: 0, files: 0 }
    const sofar = `${latencies.length} requests, ${wrong.length} wrong, ${unanswered.length} unanswered`
    options.say?.(`${at.toFixed(0)} s: ${sofar}, ${memory.toFixed(0)} MiB, ${files} files`)
  }

  for (const namespace of namespaces) await renew(serving, namespace)
  measure()
  try {
    await Promise.all([
      askAllTheTime(),
      over(options.every, measure),
      over(CHANGE, async () => {
        count(await change(serving, random.pick(namespaces), random))
      }),
      over(50, async () => {
        if (await renew(serving, random.pick(namespaces))) count('logins')
      }),
    ])
    await Promise.all(open)
  } finally {
    asker.close()
  }
  return { requests: latencies.length, wrong, unanswered, latencies, samples, changes }
}

/** Something that a client of the namespace, or of another, could ask; the statuses that are right. */
function question(namespace: Namespace, random: Random): readonly [Asked, readonly number[]] {
  const { name, token, revoked } = namespace
  const own = `/v2/${name}/app/manifests/v1`
  const kind = random.below(10)
  if (kind === 0) return [{ method: 'GET', path: own }, [401]]
  if (kind === 1 && revoked !== undefined) {
    return [{ method: 'GET', path: own, token: revoked }, [401]]
  }
  if (token === undefined) return [{ method: 'GET', path: own, token: 'no.token.at-all' }, [401]]
  if (kind === 2)
    return [{ method: 'GET', path: '/v2/elsewhere/app/tags/list', token: token.text }, [403]]
  if (kind === 3) return [{ method: 'PUT', path: own, token: token.text }, [401]]
  return [{ method: 'GET', path: own, token: token.text }, [200]]
}
