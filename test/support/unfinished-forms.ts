import { connect, type Socket } from 'node:net'

const FORM = [
  ...['POST /token HTTP/1.1', 'Host: localhost', 'Content-Length: 100'],
  ...['Content-Type: application/x-www-form-urlencoded', '', 'grant_type='],
].join('\r\n')

/**
 * So many clients at a time that begin to send a form and never come to its end; whoever is put out comes again.
 * Resolves once all of them have begun. `stop` ends them.
 */
export async function sendUnfinishedForms(port: number, count: number): Promise<{ stop(): void }> {
  const open = new Set<Socket>()
  let stopped = false
  function begin(begun: () => void = () => undefined): void {
    if (stopped) return
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(FORM, begun)
    })
    open.add(socket)
    socket
      .on('error', () => undefined)
      .on('data', () => socket.destroy())
      .on('close', () => {
        open.delete(socket)
        begun()
        if (!stopped) setTimeout(begin, AGAIN)
      })
  }
  await Promise.all(Array.from({ length: count }, () => new Promise<void>(begin)))
  return {
    stop() {
      stopped = true
      for (const socket of open) socket.destroy()
    },
  }
}

/** How soon whoever is put out comes again, milliseconds. */
const AGAIN = 20
