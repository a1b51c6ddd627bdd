import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, open } from 'node:fs/promises'
import path from 'node:path'

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
  const output = await open(program, 'w')
  const xz = spawn('xz', ['-dc', packed], { stdio: ['ignore', output.fd, 'inherit'] })
  const code = await new Promise((resolve, reject) => {
    xz.on('error', reject)
    xz.on('close', resolve)
  })
  await output.close()
  if (code !== 0) throw new Error(`xz -dc ${packed}: exit code ${String(code)}`)
  await chmod(program, 0o700)
  return program
}
