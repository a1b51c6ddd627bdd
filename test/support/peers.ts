import { existsSync } from 'node:fs'
import path from 'node:path'
import { unpack } from './unpack.ts'

/** The folder with the peers' programs, from the root of the repository. */
export function peersDirectory(root: string): string {
  return process.env['RAUTH_PEERS_DIR'] ?? path.resolve(root, '../shared/peers')
}

/** Unpacks the program of a peer into a folder; `undefined`: it is not in the folder of peers. */
export async function unpackPeer(
  peers: string,
  name: string,
  directory: string,
): Promise<string | undefined> {
  const packed = path.join(peers, `${name}.xz`)
  if (!existsSync(packed)) return undefined
  const program = path.join(directory, name)
  await unpack(packed, program)
  return program
}
