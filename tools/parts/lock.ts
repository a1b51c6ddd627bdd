import { mkdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { codeOf } from '../../src/errors.ts'

export interface LockOptions {
  /** Called once when somebody else has the lock. */
  readonly onWait?: (holder: string) => void
  /** Milliseconds between two signs of life of a holder. */
  readonly beat?: number
  /** Milliseconds without a sign of life after which a holder counts as gone. */
  readonly stale?: number
}

const POLL = 200

/**
 * Does the work while no other process does. The lock saves work done twice, and nothing depends on
 * it: a part appears by one rename. So a holder that seems gone (dead on this machine, or silent) is
 * passed over rather than waited for.
 */
export async function withLock<T>(
  file: string,
  work: () => Promise<T>,
  { onWait, beat = 5_000, stale = 20_000 }: LockOptions = {},
): Promise<T> {
  const mine = `${process.pid} ${os.hostname()} ${performance.timeOrigin} ${performance.now()}`
  let told = false
  await mkdir(path.dirname(file), { recursive: true })
  while (!(await take(file, mine))) {
    const holder = await read(file)
    if (holder === undefined) {
      await new Promise((resolve) => setTimeout(resolve, POLL))
      continue
    }
    if (isDead(holder.text) || Date.now() - holder.seen > stale) {
      await rm(file, { force: true })
      continue
    }
    if (!told) onWait?.(holder.text.split(' ')[0] ?? '')
    told = true
    await new Promise((resolve) => setTimeout(resolve, POLL))
  }
  const timer = setInterval(() => {
    const now = new Date()
    utimes(file, now, now).catch(() => undefined)
  }, beat)
  timer.unref()
  try {
    return await work()
  } finally {
    clearInterval(timer)
    if ((await read(file))?.text === mine) await rm(file, { force: true })
  }
}

async function take(file: string, mine: string): Promise<boolean> {
  try {
    await writeFile(file, mine, { flag: 'wx' })
    return true
  } catch (thrown) {
    if (codeOf(thrown) === 'EEXIST') return false
    throw thrown
  }
}

async function read(file: string): Promise<{ text: string; seen: number } | undefined> {
  try {
    return { text: await readFile(file, 'utf8'), seen: (await stat(file)).mtimeMs }
  } catch {
    return undefined
  }
}

function isDead(holder: string): boolean {
  const [pid, host] = holder.split(' ')
  if (host !== os.hostname()) return false
  try {
    process.kill(Number(pid), 0)
    return false
  } catch (thrown) {
    return codeOf(thrown) === 'ESRCH'
  }
}
