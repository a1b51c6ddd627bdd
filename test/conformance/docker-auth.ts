import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { stringify } from 'yaml'
import { startChild, untilReady } from '../../tools/stack/child.ts'
import { freePort } from '../../tools/stack/ports.ts'
import { throwAwayAuthority } from '../support/certified-keys.ts'
import { startRegistry } from '../support/registry.ts'
import { unpack } from '../support/unpack.ts'
import { ask, type Target } from './token-server.ts'

/**
 * docker_auth (cesanta/docker_auth), the token server that most installations have, with a
 * configuration that is worth as much as rauth's: a user for each namespace, who may do everything
 * below the own name, and one repository for everyone.
 */

/** From the Go sources at this commit, unchanged. */
export const DOCKER_AUTH_COMMIT = 'c67e175'

/** A password and its bcrypt hash of cost 5. */
export const PASSWORD = 'docker-auth-password'
export const HASHED = '$2b$05$abcdefghijklmnopqrstuuj0tmlROvq2ZSznjP4A3D7Iddohb6Dsa'

const ISSUER = 'docker_auth'
const SERVICE = 'internal-registry.io'

export interface DockerAuth {
  readonly target: Target
  stop(): Promise<void>
}

/** The folder with the peers' programs, from the root of the repository. */
export function peersDirectory(root: string): string {
  return process.env['RAUTH_PEERS_DIR'] ?? path.resolve(root, '../shared/peers')
}

/** `undefined`: its program is not in that folder. */
export async function startDockerAuth(
  peers: string,
  algorithm: 'ES256' | 'RS256' = 'RS256',
): Promise<DockerAuth | undefined> {
  const packed = path.join(peers, 'auth_server.xz')
  if (!existsSync(packed)) return undefined
  const directory = await mkdtemp(path.join(os.tmpdir(), 'rauth-docker-auth-'))
  const file = (name: string) => path.join(directory, name)
  await unpack(packed, file('auth_server'))
  const keys = await throwAwayAuthority(algorithm)
  await writeFile(file('server.key'), keys.key, { mode: 0o600 })
  await writeFile(file('server.crt'), keys.certificate)
  const port = await freePort()
  await writeFile(file('auth.yaml'), configuration(port, file))
  const tokenUrl = `http://localhost:${port}/auth`
  const child = await startChild({
    name: 'docker_auth',
    program: file('auth_server'),
    args: ['-logtostderr', file('auth.yaml')],
    logFile: file('log'),
  })
  const closers = [() => rm(directory, { recursive: true, force: true }), () => child.stop()]
  const stop = async () => {
    for (const close of closers.splice(0).reverse()) await close()
  }
  try {
    await untilReady(child, () =>
      ask(new URL(tokenUrl), {}).then(
        () => true,
        () => false,
      ),
    )
    const registry = await startRegistry({
      ...{ generation: '3', issuer: ISSUER, service: SERVICE, realm: tokenUrl },
      certificates: await readFile(file('server.crt'), 'utf8'),
    })
    closers.push(() => registry.stop())
    const target = {
      ...{ tokenUrl, service: SERVICE, username: 'team-a', password: PASSWORD },
      ...{ own: 'team-a/app', foreign: 'team-b/app', public: 'team-b/public' },
      registry: `http://localhost:${registry.port}`,
    }
    return { target, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function configuration(port: number, file: (name: string) => string): string {
  return stringify({
    server: { addr: `127.0.0.1:${port}` },
    token: {
      issuer: ISSUER,
      expiration: 300,
      certificate: file('server.crt'),
      key: file('server.key'),
      // Its own key ids are those of registry 2; this makes them those of registry 3.
      disable_legacy_key_id: true,
    },
    users: { 'team-a': { password: HASHED }, 'team-b': { password: HASHED }, '': {} },
    acl: [
      { match: { account: '/.+/', type: 'repository', name: '${account}/*' }, actions: ['*'] },
      { match: { type: 'repository', name: 'team-b/public' }, actions: ['pull'] },
    ],
  })
}
