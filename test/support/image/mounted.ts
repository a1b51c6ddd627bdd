import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { stringify } from 'yaml'
import { initializeKeys } from '../../../src/adapters/file/keys/key-maker.ts'
import { freePort } from '../../../tools/stack/ports.ts'
import { secretManifest, type Login } from '../../../tools/stack/secret-manifest.ts'
import { hashSync } from '../bcrypt.ts'

/** Where the image looks for its configuration; keys and Secrets are beside it. */
export const MOUNT = '/etc/rauth'

export interface MountedLogin extends Login {
  /** Its Secret has a hash. */
  readonly bcrypt?: boolean
}

export interface Mounted {
  readonly token: number
  readonly operations: number
}

/**
 * Fills the folder with what rauth is given in a cluster. Any user may read it, as the members of
 * `fsGroup` may there.
 */
export async function fillMounted(
  folder: string,
  logins: readonly MountedLogin[],
): Promise<Mounted> {
  const at = (name: string) => path.join(folder, name)
  for (const name of ['keys', 'secrets']) await mkdir(at(name))
  await initializeKeys({ directory: at('keys'), algorithm: 'ES256', now: new Date() })
  for (const login of logins) {
    await writeFile(at(`secrets/${login.username}.yaml`), manifestOf(login))
  }
  const [token, gateway, gatewayHttp, operations] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ]
  const local = (port: number) => `127.0.0.1:${port}`
  await writeFile(
    at('rauth.yaml'),
    stringify({
      ...{ realm: `http://${local(token)}/token`, service: 'registry.test' },
      listen: {
        ...{ token: local(token), gateway: local(gateway) },
        ...{ gatewayHttp: local(gatewayHttp), operations: local(operations) },
      },
    }),
  )
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    await chmod(path.join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o444)
  }
  await chmod(folder, 0o755)
  return { token, operations }
}

/** The Secret of the namespace with the name of the user. */
function manifestOf(login: MountedLogin): string {
  const { username, password, bcrypt = false } = login
  if (!bcrypt) return secretManifest(username, login)
  return stringify({
    ...{ apiVersion: 'v1', kind: 'Secret', type: 'Opaque' },
    metadata: { name: 'registry-credentials', namespace: username },
    stringData: { username, passwordHash: hashSync(password, { cost: 4 }) },
  })
}
