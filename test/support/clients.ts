import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { installParts } from '../../tools/parts/install.ts'
import { run, runOrThrow, type RunResult } from './run.ts'

export interface Login {
  readonly username: string
  readonly password: string
}

/** What `docker login` leaves instead of a password when it was given a refresh token. */
export interface IdentityToken {
  readonly identityToken: string
}

/** A real client with the credentials of one user in a home of its own. */
export interface Client {
  readonly name: string
  /** With the client's own command, the password by standard input. */
  login(login: Login): Promise<RunResult>
  /** Pushes the one-layer image that `content` makes; the same content is the same layer. */
  push(content: string, reference: string): Promise<RunResult>
  /** Pulls into a new folder; the answer's stdout is the digest where the client tells. */
  pull(reference: string): Promise<RunResult>
  remove(): Promise<void>
}

/** A home with the login in it, in config.json as `docker login` leaves it. */
export async function homeWith(
  registry: string,
  login: Login | IdentityToken | undefined,
): Promise<string> {
  const home = await mkdtemp(path.join(os.tmpdir(), 'rauth-client-'))
  const auths = login === undefined ? {} : { [registry]: entryOf(login) }
  await writeFile(path.join(home, 'config.json'), JSON.stringify({ auths }), { mode: 0o600 })
  return home
}

function entryOf(login: Login | IdentityToken) {
  const auth = (userPass: string) => Buffer.from(userPass, 'utf8').toString('base64')
  return 'identityToken' in login
    ? { auth: auth('team:'), identitytoken: login.identityToken }
    : { auth: auth(`${login.username}:${login.password}`) }
}

/** A gzipped tar with one file, made by the system's tar; nothing in it but the content varies. */
export async function layer(home: string, content: string): Promise<string> {
  const folder = await mkdtemp(path.join(home, 'layer-'))
  await writeFile(path.join(folder, 'content'), content)
  const tarball = `${folder}.tar.gz`
  const same = ['--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--mode=644']
  await runOrThrow('tar', ['-C', folder, ...same, '-czf', tarball, 'content'])
  return tarball
}

export interface CraneClient extends Client {
  /** Any crane command. */
  crane(...args: readonly string[]): Promise<RunResult>
}

export async function craneClient(
  registry: string,
  login?: Login | IdentityToken,
): Promise<CraneClient> {
  const { crane: program } = await installParts(['crane'])
  const home = await homeWith(registry, login)
  const env = { DOCKER_CONFIG: home, HOME: home }
  const crane = (...args: readonly string[]) => run(program, args, { env })
  return {
    name: 'crane',
    crane,
    login: ({ username, password }) => {
      const args = ['auth', 'login', registry, '-u', username, '--password-stdin']
      return run(program, args, { env, input: password })
    },
    push: async (content, reference) =>
      crane('append', '-f', await layer(home, content), '-t', reference),
    pull: (reference) => crane('pull', reference, path.join(home, 'pulled.tar')),
    remove: () => rm(home, { recursive: true, force: true }),
  }
}
