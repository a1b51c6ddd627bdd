import { connect } from 'node:net'
import { httpGet } from '../../../tools/stack/http-get.ts'

/** A probe of a container, as far as charts have it. */
export interface Probe {
  readonly httpGet?: { readonly path: string; readonly port: number | string }
  readonly tcpSocket?: { readonly port: number | string }
}

interface NamedPort {
  readonly name: string
  readonly containerPort: number
}

/** Whether a probe succeeds, as the kubelet would say. Throws where it names a port that is none. */
export async function answersTo(probe: Probe, ports: readonly NamedPort[]): Promise<boolean> {
  const numbered = (port: number | string): number => {
    if (typeof port === 'number') return port
    const found = ports.find(({ name }) => name === port)
    if (found === undefined) throw new Error(`a probe names the port ${port}, which is none`)
    return found.containerPort
  }
  if (probe.httpGet !== undefined) {
    const url = `http://127.0.0.1:${String(numbered(probe.httpGet.port))}${probe.httpGet.path}`
    const answer = await httpGet(url).catch(() => undefined)
    return answer !== undefined && answer.status >= 200 && answer.status < 400
  }
  if (probe.tcpSocket === undefined) throw new Error('a probe of an unknown kind')
  return accepts(numbered(probe.tcpSocket.port))
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => {
      resolve(false)
    })
  })
}
