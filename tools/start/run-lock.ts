import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { link, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { codeOf } from '../../src/errors.ts'

/** Who uses a state folder now; two quick starts on one folder would spoil each other's. */
export interface RunLock {
  release(): Promise<void>
}

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
      await removeStale(file, holder, `${aside}.stale`)
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
 * Removes the lock of a process that was killed, or whose pid another program has now. Somebody else
 * may have done so already and have taken it: theirs is put back.
 */
async function removeStale(file: string, holder: string, away: string): Promise<void> {
  await rename(file, away).catch(() => undefined)
  if (readText(away) !== holder) await link(away, file).catch(() => undefined)
  await rm(away, { force: true })
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
