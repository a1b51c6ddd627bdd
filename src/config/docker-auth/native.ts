import path from 'node:path'
import type { DockerAuth } from './schema.ts'

/** A path of keys in rauth.yaml, and in the docker_auth configuration that it comes from. */
type Origin = readonly [native: string, dockerAuth: string]

/** Where each setting comes from, the more special first. */
const ORIGINS: readonly Origin[] = [
  ['issuer', 'token.issuer'],
  ['token.expiry', 'token.expiration'],
  ['keys', 'token'],
  ['listen.token', 'server.addr'],
  ['tls.token', 'server'],
  ['pathPrefix', 'server.path_prefix'],
  ['clientAddress.header', 'server.real_ip_header'],
  ['clientAddress.position', 'server.real_ip_pos'],
  ['policy.command.program', 'ext_authz.command'],
  ['policy.command', 'ext_authz'],
  ['identity', 'ext_auth'],
]

/** The key that a setting comes from; of one that no key gives, the section that it would be in. */
export function originOf(key: readonly string[]): readonly string[] {
  const native = key.join('.')
  for (const [start, origin] of ORIGINS) {
    if (native === start || native.startsWith(`${start}.`)) {
      return [
        ...origin.split('.'),
        ...native
          .slice(start.length + 1)
          .split('.')
          .filter(Boolean),
      ]
    }
  }
  return ['server']
}

export interface NativeOptions {
  /** The configuration itself, from which users and rules are read again when it changes. */
  readonly file: string
  /** The folder that docker_auth takes relative paths from: the one that it runs in. */
  readonly folder: string
}

/** Everybody: docker_auth believes the header of whoever sends it. */
const ANYBODY = ['0.0.0.0/0', '::/0']

/** What stands in rauth.yaml for a docker_auth configuration. */
export function nativeValues(
  { server, token, users, ext_auth: login, ext_authz: judge }: DockerAuth,
  { file, folder }: NativeOptions,
): Record<string, unknown> {
  const resolved = (name: string | undefined) =>
    name === undefined ? undefined : path.resolve(folder, name)
  const command = ({ command: program, args }: NonNullable<typeof judge>) => ({
    program: program.includes('/') ? path.resolve(folder, program) : program,
    args,
  })
  const { certificate, key } = server
  const pair = { certificate: resolved(certificate), key: resolved(key) }
  return {
    issuer: token.issuer,
    realm: realmOf(server),
    token: { expiry: token.expiration, anyService: true },
    keys:
      token.certificate === undefined
        ? pair
        : { certificate: resolved(token.certificate), key: resolved(token.key) },
    identity: [
      ...(users === undefined ? [] : [{ users: { file, format: 'docker_auth' } }]),
      ...(login === undefined ? [] : [{ command: command(login) }]),
    ],
    policy: {
      ...{ file, format: 'docker_auth' },
      ...(judge === undefined ? {} : { command: command(judge) }),
    },
    pathPrefix: server.path_prefix,
    ...(server.real_ip_header === undefined || server.real_ip_header === ''
      ? {}
      : {
          trustedProxies: ANYBODY,
          clientAddress: { header: server.real_ip_header, position: server.real_ip_pos },
        }),
    listen: { token: server.addr },
    ...(certificate === undefined ? {} : { tls: { token: pair } }),
  }
}

/** Where tokens are, as far as the configuration tells: the registries name another host, perhaps. */
function realmOf({ addr, certificate, path_prefix: prefix }: DockerAuth['server']): string {
  const scheme = certificate === undefined ? 'http' : 'https'
  const authority = addr.replace(/^(?:0\.0\.0\.0|\[::\])?:/, 'localhost:')
  return `${scheme}://${authority}${prefix}/auth`
}

/** What a docker_auth configuration asks for and rauth does in its own way: told at each start. */
export function unheeded({ server, token }: DockerAuth): readonly string[] {
  const told = (what: string, is: boolean, why: string) =>
    is ? [`${what} changes nothing: ${why}`] : []
  const tls = 'rauth takes TLS 1.2 and 1.3 with the ciphers of Node.js'
  return [
    ...told('server.hsts', server.hsts, 'no browser asks for tokens'),
    ...told('server.tls_min_version', server.tls_min_version !== undefined, tls),
    ...told('server.tls_curve_preferences', server.tls_curve_preferences !== undefined, tls),
    ...told('server.tls_cipher_suites', server.tls_cipher_suites !== undefined, tls),
    ...told(
      'token.disable_legacy_key_id',
      token.disable_legacy_key_id,
      'tokens carry their certificate, which registries of all generations look at first',
    ),
  ]
}
