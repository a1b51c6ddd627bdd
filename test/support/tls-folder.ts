import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { createFileTls, type FileTls } from '../../src/adapters/file/tls/tls-store.ts'
import type { KeyPairPem } from '../../src/token/certificate.ts'
import { putFiles } from './put-files.ts'

/** The TLS of a listener, from real files. */
export interface TlsFolder {
  readonly tls: FileTls
  /** Puts another pair there, which is as good as taken soon. */
  put(pair: KeyPairPem): Promise<void>
  /** How often files could not be used. */
  failures(): number
  remove(): Promise<void>
}

export async function tlsFolder(pair: KeyPairPem, clientAuthority?: string): Promise<TlsFolder> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'rauth-tls-'))
  const file = (name: string) => path.join(directory, name)
  async function put({ key, certificate }: KeyPairPem): Promise<void> {
    await putFiles(directory, { 'tls.key': key, 'tls.crt': certificate })
  }
  await put(pair)
  if (clientAuthority !== undefined) await writeFile(file('clients.crt'), clientAuthority)
  let failures = 0
  const silent = () => undefined
  const tls = await createFileTls({
    listener: 'token',
    files: {
      ...{ certificate: file('tls.crt'), key: file('tls.key') },
      ...(clientAuthority === undefined ? {} : { clientAuthority: file('clients.crt') }),
    },
    clock: () => Date.now() / 1000,
    log: { info: silent, warn: silent, error: silent },
    onFailure: () => (failures += 1),
  })
  return {
    ...{ tls, put, failures: () => failures },
    async remove() {
      tls.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
