import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { stringify } from 'yaml'
import { installParts } from '../../../tools/parts/install.ts'
import { startChild, untilReady } from '../../../tools/stack/child.ts'
import { freePort, isListening } from '../../../tools/stack/ports.ts'
import { tlsAuthority, type TlsAuthority } from '../tls-certificates.ts'
import { sidecarConfig } from './static-config.ts'
import { RECORDED } from './translation.ts'

/** Whom a workload is, by its certificate. */
export const spiffe = (namespace: string, account: string, domain = 'cluster.local') =>
  `spiffe://${domain}/ns/${namespace}/sa/${account}`

export interface Sidecar {
  readonly port: number
  /** The mesh's. */
  readonly authority: TlsAuthority
  stop(): Promise<void>
}

/** An Envoy with what istiod tells the sidecar of the registry; `upstream`: port of the registry. */
export async function startSidecar(upstream: number): Promise<Sidecar> {
  const { envoy: program } = await installParts(['envoy'])
  const authority = await tlsAuthority('of the mesh')
  const own = await authority.issue('registry', { uri: spiffe('registry', 'rauth-registry') })
  const folder = await mkdtemp(path.join(os.tmpdir(), 'rauth-sidecar-'))
  const file = async (name: string, text: string) => {
    await writeFile(path.join(folder, name), text)
    return path.join(folder, name)
  }
  const tls = {
    certificate: await file('tls.crt', own.certificate),
    key: await file('tls.key', own.key),
    authority: await file('ca.crt', authority.certificate),
  }
  const port = await freePort()
  const { sidecar } = await RECORDED.read()
  const config = stringify(sidecarConfig(sidecar, { entry: port, registry: upstream, tls }))
  const quiet = ['--disable-hot-restart', '--concurrency', '1', '--log-level', 'warning']
  const child = await startChild({
    ...{ name: 'sidecar', program, logFile: path.join(folder, 'log') },
    args: ['-c', await file('envoy.yaml', config), ...quiet],
  })
  const stop = async () => {
    await child.stop()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await untilReady(child, () => isListening(port))
  } catch (error) {
    await stop()
    throw error
  }
  return { port, authority, stop }
}
