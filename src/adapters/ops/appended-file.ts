import { open, stat, type FileHandle } from 'node:fs/promises'

/** Read by its group too: what collects logs is another user. */
const MODE = 0o640

/** Opens what may be written by others at the same time: each write goes to the end. */
export async function openToAppend(file: string): Promise<FileHandle> {
  const found = await stat(file).catch(() => undefined)
  // A pipe that is open for reading, too, would never tell that nobody else reads it.
  if (found !== undefined && !found.isFile()) return open(file, 'a', MODE)
  // A file that may be written and not read is as good, but for what `cutOff` does.
  return open(file, 'a+', MODE).catch(() => open(file, 'a', MODE))
}

/** 0: can't be told. */
export async function sizeOf(handle: FileHandle): Promise<number> {
  return handle.stat().then(
    ({ size }) => size,
    () => 0,
  )
}

/**
 * Takes the last bytes of the file away, if they are these. `false`: they are not, as somebody else wrote since, or the
 * file can't be made shorter. There is no cut that looks by itself: a line that another process writes between the two,
 * since the disk had room again in that very moment, is cut off with them. That is rare; half a line that stays would
 * spoil two lines each time a disk is full.
 */
export async function cutOff(handle: FileHandle, last: Buffer): Promise<boolean> {
  if (last.length === 0) return false
  const start = (await sizeOf(handle)) - last.length
  if (start < 0) return false
  try {
    const { buffer, bytesRead } = await handle.read(
      Buffer.alloc(last.length),
      0,
      last.length,
      start,
    )
    if (bytesRead !== last.length || !buffer.equals(last)) return false
    await handle.truncate(start)
    return true
  } catch {
    return false
  }
}
