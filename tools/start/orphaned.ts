import { readFileSync } from 'node:fs'

/** How often it is looked at, milliseconds. */
const INTERVAL = 500

/**
 * Calls back when the npm that runs this program is gone. npm hands Ctrl-C on, and no other signal:
 * who ends `npm start` with `kill` means all of it.
 */
export function onOrphaned(callback: () => void, env: NodeJS.ProcessEnv = process.env): void {
  if (env['npm_lifecycle_event'] === undefined) return
  // Between npm and us there may be a shell.
  const before = ancestors(process.pid, 2)
  const timer = setInterval(() => {
    if (ancestors(process.pid, 2).join() === before.join()) return
    clearInterval(timer)
    callback()
  }, INTERVAL)
  timer.unref()
}

/** Pids of the parent, of its parent, and so on. */
function ancestors(pid: number, count: number): readonly number[] {
  if (count === 0) return []
  const parent = parentOf(pid)
  return parent === undefined ? [] : [parent, ...ancestors(parent, count - 1)]
}

function parentOf(pid: number): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name may hold spaces and parentheses; the parent is the second field after it.
    return Number(status.slice(status.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return undefined
  }
}
