import { readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'

/** Who uses a state folder now; two quick starts on one folder would spoil each other's. */
export interface RunLock {
  release(): Promise<void>
}

/** Takes the folder, or gives the pid of the process that has it. */
export async function lockState(directory: string): Promise<RunLock | number> {
  const file = path.join(directory, 'start.pid')
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const mine = identity(process.pid) ?? String(process.pid)
  for (;;) {
    try {
      await writeFile(file, mine, { flag: 'wx' })
      return { release: () => rm(file, { force: true }) }
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    }
    const holder = readText(file) ?? ''
    const pid = Number(holder.split(' ')[0])
    if (holder !== '' && identity(pid) === holder) return pid
    // Left by one that was killed, or whose pid another program has now.
    await rm(file, { force: true })
  }
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
