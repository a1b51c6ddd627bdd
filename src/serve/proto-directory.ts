import { existsSync } from 'node:fs'
import path from 'node:path'
import { RauthError } from '../errors.ts'

/** The package's `proto` folder, found upwards from the running file: bundled, built or installed. */
export function protoDirectory(from: string): string {
  for (let folder = from; ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, 'proto')
    if (existsSync(path.join(candidate, 'envoy', 'service', 'auth', 'v3'))) return candidate
    if (folder === path.dirname(folder)) break
  }
  throw new RauthError(
    'ERR_PROTO_UNREADABLE',
    `no proto/envoy/service/auth/v3 above ${from}: install rauth with its proto folder`,
  )
}
