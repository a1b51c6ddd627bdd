import { beginUploads, leakIn, plantCanaries, unlinkOthers } from './canaries.ts'
import { Connection, type RawAnswer } from './connection.ts'
import type { Deployment } from './deployment.ts'
import { CLIENTS, generate, type Case } from './generate.ts'
import { hostileRequest, OWN, type Hostile } from './hostile-requests.ts'
import { difference, redirectIn, uploadIn, wasOutage, wasRefused } from './judge.ts'
import { toBytes, toLine, type RawRequest } from './raw-request.ts'
import { ask, idsOf, look, type Side } from './side.ts'

/** Cases between two looks at what others have. */
export const BATCH = 400

export interface RunOptions {
  readonly seed: number
  /** Index of the first case. */
  readonly first: number
  readonly count: number
  readonly progress?: (done: number) => void
}

export interface Report {
  /** What was wrong, each ready to print; the run ends with the first of a batch. */
  readonly violations: readonly string[]
  /** How many cases were of each kind, and how they went: whether the run could have found anything. */
  readonly tally: Readonly<Record<Count, number>>
}

export type Count =
  | 'cases'
  /** Of normal clients, and those of them that succeeded. */
  | 'client'
  | 'clientDone'
  /** Of attackers; those that the gateway let pass; those that the oracle gave something for. */
  | 'hostile'
  | 'hostilePassed'
  | 'exposed'
  /** Batches after which the oracle's images of others were not what they had been. */
  | 'harmed'
  /** Not answered, and asked again because the gateway was too slow. */
  | 'unanswered'
  | 'repeated'

export async function run(deployment: Deployment, options: RunOptions): Promise<Report> {
  const { front, oracle } = deployment
  const tally: Record<Count, number> = {
    ...{ cases: 0, client: 0, clientDone: 0, hostile: 0, hostilePassed: 0 },
    ...{ exposed: 0, harmed: 0, unanswered: 0, repeated: 0 },
  }
  const violations: string[] = []
  const lines = [front, oracle].map(({ port }) =>
    Array.from({ length: CLIENTS }, () => new Connection(port)),
  )

  async function send(side: Side, { client, request }: Case): Promise<RawAnswer> {
    const connection = lines[side === front ? 0 : 1]?.[client]
    const answer = await ask(side, connection, client, request)
    if (side === front && wasOutage(answer)) {
      tally.repeated += 1
      return ask(side, connection, client, request)
    }
    return answer
  }

  async function one(made: Case): Promise<void> {
    const [got, wanted] = await Promise.all([send(front, made), send(oracle, made)])
    tally.cases += 1
    if (got.status === 0) tally.unanswered += 1
    const leak = leakIn(got.bytes, idsOf(front))
    if (made.hostile === undefined) {
      tally.client += 1
      if (wanted.status < 400) tally.clientDone += 1
      for (const [side, answer] of [
        [front, got],
        [oracle, wanted],
      ] as const) {
        side.uploads[made.client] = uploadIn(answer) ?? side.uploads[made.client] ?? ''
      }
      const wrong = leak === undefined ? difference(got, wanted) : `served ${leak}`
      if (wrong !== undefined) violations.push(describe(wrong, options.seed, made))
      return
    }
    tally.hostile += 1
    const redirect = redirectIn(got)
    if (redirect !== undefined) {
      violations.push(describe(`reached the registry, which means ${redirect}`, options.seed, made))
    }
    if (!wasRefused(got)) tally.hostilePassed += 1
    if (leakIn(wanted.bytes, idsOf(oracle)) !== undefined) tally.exposed += 1
    if (leak !== undefined) {
      const leaks = async (request: RawRequest) => {
        const answer = await ask(front, undefined, made.client, request)
        return leakIn(answer.bytes, idsOf(front)) !== undefined
      }
      violations.push(describe(`served ${leak}`, options.seed, await shrink(made, leaks)))
    }
  }

  /** Whether these change what others have, after all was put back. */
  async function harm(cases: readonly Pick<Case, 'client' | 'request'>[]): Promise<boolean> {
    await unlinkOthers(front.registry, OWN)
    await plantCanaries(front.registry)
    front.other = await beginUploads(front.registry, OWN)
    const was = (await look(front)).join()
    for (const { client, request } of cases) await ask(front, undefined, client, request)
    return (await look(front)).join() !== was
  }

  /** Which case of a batch changed what others have: halves are tried until one is left. */
  async function blame(batch: readonly Case[], changed: string): Promise<void> {
    // Who was served something of others did it.
    if (violations.length > 0) return
    let suspects = batch.filter((made) => made.hostile !== undefined)
    while (suspects.length > 1) {
      const half = suspects.slice(0, Math.ceil(suspects.length / 2))
      suspects = (await harm(half)) ? half : suspects.slice(half.length)
    }
    const [found] = suspects
    if (found !== undefined && (await harm([found]))) {
      const least = await shrink(found, (request) => harm([{ ...found, request }]))
      violations.push(describe(`changed what others have: ${changed}`, options.seed, least))
      return
    }
    const place = `seed ${options.seed}, indices ${batch[0]?.index ?? 0} to ${batch.at(-1)?.index ?? 0}`
    violations.push(`what others have was changed by some of ${place}: ${changed}`)
  }

  const before = await look(front)
  for (let done = 0; done < options.count && violations.length === 0; done += BATCH) {
    const length = Math.min(BATCH, options.count - done)
    const batch = Array.from({ length }, (_, i) => generate(options.seed, options.first + done + i))
    await plantCanaries(oracle.registry)
    oracle.other = await beginUploads(oracle.registry, OWN)
    const intact = await look(oracle)
    await Promise.all(
      Array.from({ length: CLIENTS }, async (_, client) => {
        for (const made of batch) if (made.client === client) await one(made)
      }),
    )
    if ((await look(oracle)).join() !== intact.join()) tally.harmed += 1
    const after = await look(front)
    const changed = after.filter((line) => !before.includes(line)).join('; ')
    if (changed !== '') await blame(batch, changed)
    options.progress?.(done + length)
  }
  for (const connection of lines.flat()) connection.close()
  return { violations, tally }
}

/** Leaves out what was done to the request for as long as it stays wrong. */
async function shrink(made: Case, fails: (request: RawRequest) => Promise<boolean>): Promise<Case> {
  let least = made.hostile
  if (least === undefined) return made
  for (let at = least.steps.length - 1; at >= 0; at -= 1) {
    const fewer: Hostile = { ...least, steps: least.steps.filter((_, i) => i !== at) }
    if (await fails(hostileRequest(fewer))) least = fewer
  }
  return { ...made, hostile: least, request: hostileRequest(least) }
}

function describe(wrong: string, seed: number, { index, request }: Case): string {
  const raw = JSON.stringify(toBytes(request, {}).toString('latin1'))
  return `${wrong}\n  seed ${seed}, index ${index}\n  corpus line: ${toLine(request)}\n  raw: ${raw}`
}
