import { statSync, watch, type FSWatcher, type Stats } from 'node:fs'
import { stat } from 'node:fs/promises'

/** Events within this time count as one change, ms. */
const DEBOUNCE = 50

/** How often a directory that can't be watched is looked at, ms. */
const RETRY = 1000

export interface WatchOptions {
  /** How often to look even when nothing was reported, ms. */
  readonly recheckMs?: number
}

export interface DirectoryWatch {
  close(): void
}

/**
 * Calls `onChange` soon after something changed in a directory, and every `recheckMs` in any case:
 * what changed, if anything, the caller finds out by reading.
 *
 * The directory is watched, not its files: the kubelet swaps the symbolic link `..data`, which a
 * watch on a file does not survive, and reports of the swap differ in type and name, so neither is
 * looked at. The recheck is the net for what no event tells: a file that is a link to elsewhere, a
 * network file system, a directory that is itself a link. When the directory can't be watched (gone,
 * no rights, no watches left), it is looked at every second until it can be again.
 */
export function watchDirectory(
  directory: string,
  onChange: () => void,
  { recheckMs = 30_000 }: WatchOptions = {},
): DirectoryWatch {
  let watcher: FSWatcher | undefined
  let watched: string | undefined
  let pending = false
  let timer: NodeJS.Timeout | undefined
  let looking = false
  let closed = false

  /** The timer alone keeps no process alive. */
  function later(milliseconds: number): NodeJS.Timeout {
    return setTimeout(fire, milliseconds).unref()
  }

  function fire(): void {
    pending = false
    wait()
    onChange()
    void look()
  }

  function wait(): void {
    clearTimeout(timer)
    timer = later(watcher === undefined ? Math.min(RETRY, recheckMs) : recheckMs)
  }

  /** Further events do not put it off: a busy directory is still read. */
  function changed(): void {
    if (pending) return
    pending = true
    clearTimeout(timer)
    timer = later(DEBOUNCE)
  }

  /**
   * A watch follows the directory that was there, not its path: made anew when that is another. Asked
   * without waiting: a file system that hangs must hold up nothing else, and is asked once at a time.
   */
  async function look(): Promise<void> {
    if (looking) return
    looking = true
    const found = await stat(directory).then(identityOf, () => undefined)
    looking = false
    if (closed || (watcher !== undefined && found === watched)) return
    arm(found)
    // What happened before the new watch was there is told by nothing else.
    if (watcher !== undefined) changed()
    else if (!pending) wait()
  }

  function arm(found: string | undefined): void {
    disarm()
    if (found === undefined) return
    try {
      const armed = watch(directory, { persistent: false }, changed)
      armed.on('error', () => {
        if (watcher !== armed) return
        disarm()
        if (!pending) wait()
      })
      watcher = armed
      watched = found
    } catch {
      watcher = undefined
    }
  }

  function disarm(): void {
    watcher?.close()
    watcher = undefined
  }

  arm(identityNow(directory))
  wait()
  return {
    close() {
      closed = true
      clearTimeout(timer)
      disarm()
    },
  }
}

/** With its time of birth: the inode of a removed directory is soon given to another. */
function identityOf({ dev, ino, birthtimeMs }: Stats): string {
  return `${dev}:${ino}:${birthtimeMs}`
}

function identityNow(directory: string): string | undefined {
  try {
    return identityOf(statSync(directory))
  } catch {
    return undefined
  }
}
