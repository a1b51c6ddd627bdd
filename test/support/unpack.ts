import { spawn } from 'node:child_process'
import { chmod, open } from 'node:fs/promises'

/** Makes a program out of an `.xz` file. Throws where there is no xz, or it can't read the file. */
export async function unpack(packed: string, program: string): Promise<void> {
  const output = await open(program, 'w')
  const xz = spawn('xz', ['-dc', packed], { stdio: ['ignore', output.fd, 'inherit'] })
  const code = await new Promise((resolve, reject) => {
    xz.on('error', reject)
    xz.on('close', resolve)
  })
  await output.close()
  if (code !== 0) throw new Error(`xz -dc ${packed}: exit code ${String(code)}`)
  await chmod(program, 0o700)
}
