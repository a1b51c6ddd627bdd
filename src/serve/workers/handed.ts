import type { ChildProcess } from 'node:child_process'
import { isMapping } from '../../mapping.ts'

interface Handle {
  close(): void
}

/** After its end what a process said last may still be to be read, milliseconds. */
const LAST_WORDS = 100

/**
 * Closes the connections that were on their way to a process when it ended. Node.js keeps each open until the process
 * says that it has it (lib/internal/cluster/round_robin_handle.js), which it never will: a client would wait for
 * as long as it is willing to. There is no public word for such a connection, so it is seen where it is sent; were
 * the internal messages others, it would stay open as it does without this.
 */
export function closeHandedOnEnd(process: Pick<ChildProcess, 'send' | 'on' | 'once'>): void {
  const handed = new Map<unknown, Handle>()
  const send = process.send.bind(process) as (...sent: unknown[]) => boolean
  process.send = (message: unknown, handle?: unknown, ...more: unknown[]) => {
    if (isMapping(message) && message['act'] === 'newconn' && isHandle(handle)) {
      handed.set(message['seq'], handle)
    }
    return send(message, handle, ...more)
  }
  process.on('internalMessage', (message: unknown) => {
    if (isMapping(message)) handed.delete(message['ack'])
  })
  // Not at 'disconnect', which Node.js keeps back while a connection is on its way.
  process.once('exit', () => {
    const close = () => {
      for (const handle of handed.values()) handle.close()
      handed.clear()
    }
    setTimeout(close, LAST_WORDS).unref()
  })
}

function isHandle(value: unknown): value is Handle {
  return typeof value === 'object' && value !== null && 'close' in value
}
