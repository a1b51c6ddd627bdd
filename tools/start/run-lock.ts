import { createHash, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { link, mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf } from '../../src/errors.ts'

/** Who uses a state folder now; two quick starts on one folder would spoil each other's. */
export interface RunLock {
  release(): Promise<void>
}

/** How long a claim on a stale lock is left to its owner before it is looked at again, milliseconds. */
const CLAIMED = 5

/** Takes the folder, or gives the pid of the process that has it. */
export async function lockState(directory: string): Promise<RunLock | number> {
  const file = path.join(directory, 'start.pid')
  const aside = `${file}.${randomUUID()}`
  const mine = identity(process.pid) ?? `${process.pid} ${performance.timeOrigin}`
  await mkdir(directory, { recursive: true, mode: 0o700 })
  // Written aside and linked: it is never there without its content, and only one can be first.
  await writeFile(aside, mine)
  try {
    while (!(await appears(aside, file))) {
      const holder = readText(file)
      if (holder === undefined) continue
      const pid = Number(holder.split(' ')[0])
      if (identity(pid) === holder) return pid
      await removeStale(file, holder, aside)
    }
  } finally {
    await rm(aside, { force: true })
  }
  return {
    async release() {
      if (readText(file) === mine) await rm(file, { force: true })
    },
  }
}

async function appears(aside: string, file: string): Promise<boolean> {
  try {
    await link(aside, file)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

/**
 * Removes the lock of a process that was killed, or whose pid another program has now. Only who has the
 * claim on that very lock may: of two who saw it, the slower one would else remove the lock of who took
 * its place. A claim whose owner was killed is no claim.
 */
async function removeStale(file: string, holder: string, aside: string): Promise<void> {
  const claim = `${file}.${createHash('sha256').update(holder).digest('hex').slice(0, 16)}`
  if (await appears(aside, claim)) {
    if (readText(file) === holder) await rm(file, { force: true })
    await rm(claim, { force: true })
    return
  }
  const claimant = readText(claim)
  if (claimant !== undefined && identity(Number(claimant.split(' ')[0])) !== claimant) {
    await rm(claim, { force: true })
  }
  await sleep(CLAIMED)
}

/** Pid and time of birth: pids come again, these pairs don't. */
function identity(pid: number): string | undefined {
  const status = readText(`/proc/${pid}/stat`)
  // The name may hold spaces and parentheses; the start time is the 20th field after it.
  const born = status?.slice(status.lastIndexOf(')') + 2).split(' ')[19]
  return born === undefined ? undefined : `${pid} ${born}`
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
