import { setTimeout as sleep } from 'node:timers/promises'
import { startChecking, type Asked } from '../support/checking.ts'
import { fetchToken } from '../support/http.ts'
import { openFiles, residentMemory } from '../support/process-figures.ts'
import { Random } from '../support/random.ts'
import { SERVICE, startServing, type Serving } from '../support/serving.ts'
import type { Attack } from './attacks.ts'

/** What became of a gateway under attack, and of who asked it meanwhile as an Envoy would. */
export interface Outcome {
  readonly attacks: number
  readonly checks: number
  /** What went wrong, one text each. */
  readonly failures: readonly string[]
  /** The longest that a check took, milliseconds. */
  readonly slowest: number
  /** Resident memory, MiB: before, the most, and at the end. */
  readonly memory: { readonly before: number; readonly most: number; readonly end: number }
  /** Open files before and when all connections of the attackers were over. */
  readonly files: { readonly before: number; readonly end: number }
}

export interface SiegeOptions {
  readonly attacks: Readonly<Record<string, Attack>>
  readonly seed: number
  /** True as long as another attack shall come; asked before each. */
  readonly goesOn: (attacks: number) => boolean
  readonly say?: (line: string) => void
}

const LOGIN = { username: 'team-a', password: 'a password of nobody' }

/** How long an answer may take, milliseconds: an attacker has one of the processors, too. */
const PATIENCE = 20_000

/** How soon after the last attack its connections must be over, milliseconds: two pings unanswered. */
const AFTERMATH = 40_000

/** Attacks a gateway of its own, one attack after the other, and asks it all the while. */
export async function besiege(options: SiegeOptions): Promise<Outcome> {
  const serving = await startServing({
    logins: [LOGIN],
    // Else Node keeps garbage for as long as the machine has room, and memory says nothing.
    node: ['--max-old-space-size=128'],
  })
  try {
    return await attack(serving, options)
  } finally {
    await serving.stop()
  }
}

async function attack(serving: Serving, options: SiegeOptions): Promise<Outcome> {
  const { pid } = serving.child
  const random = new Random(options.seed)
  const failures: string[] = []
  const token = await fetchToken(serving.token, LOGIN, SERVICE, 'repository:team-a/app:pull')
  const life = { end: '' }
  const isDead = () => life.end !== ''
  void serving.child.ended.then((how) => (life.end = how))

  const asker = startChecking(serving.gateway, PATIENCE)
  const questions: readonly (readonly [Asked, number])[] = [
    [{ method: 'GET', path: '/v2/team-a/app/manifests/v1', token }, 200],
    [{ method: 'GET', path: '/v2/team-b/app/manifests/v1', token }, 403],
    [{ method: 'GET', path: '/v2/team-a/app/manifests/v1' }, 401],
  ]
  let [checks, slowest, most, over] = [0, 0, 0, false]
  let slowestNow = 0
  let name = 'before the first attack'
  async function ask(): Promise<void> {
    for (const [asked, expected] of questions) {
      const begin = performance.now()
      const got = await asker.check(asked).catch((error: unknown) => String(error))
      slowestNow = Math.max(slowestNow, performance.now() - begin)
      slowest = Math.max(slowest, slowestNow)
      checks += 1
      if (got !== expected) failures.push(`${name}: ${asked.path}: ${got} and not ${expected}`)
    }
  }
  async function askAllTheTime(): Promise<void> {
    while (!over && !isDead()) {
      await ask()
      await sleep(20)
    }
  }
  await ask()
  const before = { memory: residentMemory(pid), files: openFiles(pid) }
  const asking = askAllTheTime()
  // On its own: while the gateway is too busy for an answer it has the most.
  const watching = setInterval(() => {
    if (!isDead()) most = Math.max(most, residentMemory(pid))
  }, 100)
  const all = Object.entries(options.attacks)
  let attacks = 0
  while (!isDead() && options.goesOn(attacks)) {
    const [next, run] = all[attacks % all.length] ?? random.pick(all)
    name = next
    const begin = performance.now()
    slowestNow = 0
    await run(serving.gateway, random, pid)
    attacks += 1
    options.say?.(
      `${name}: ${(performance.now() - begin).toFixed(0)} ms, ` +
        `a check took ${slowestNow.toFixed(0)} ms at most; RSS ${most.toFixed(0)} MiB at most`,
    )
  }
  over = true
  await asking.catch((error: unknown) => failures.push(String(error)))
  asker.close()
  clearInterval(watching)
  if (life.end !== '') {
    failures.push(`${name}: the gateway ended: ${life.end}\n${await serving.log()}`)
  }
  const strange = (await serving.log()).split('\n').filter((line) => !/^(\{.*)?$/.test(line))
  if (strange.length > 0) failures.push(`the log has ${strange.length} lines such as ${strange[0]}`)
  const files = await filesAtRest(pid, before.files, isDead)
  return {
    ...{ attacks, checks, failures, slowest },
    memory: { before: before.memory, most, end: life.end === '' ? residentMemory(pid) : NaN },
    files: { before: before.files, end: files },
  }
}

/** Counts until there are as many as there were, or long enough. */
async function filesAtRest(pid: number, before: number, isDead: () => boolean): Promise<number> {
  const end = performance.now() + AFTERMATH
  for (;;) {
    if (isDead()) return NaN
    const files = openFiles(pid)
    if (files <= before || performance.now() > end) return files
    await sleep(50)
  }
}
