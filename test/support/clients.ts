import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { installParts } from '../../tools/parts/install.ts'
import { run, type RunResult } from './run.ts'

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
  /** Pushes the one-layer image that `content` makes. */
  push(content: string, reference: string): Promise<RunResult>
  /** Pulls into a new folder; the answer's stdout is the digest where the client tells. */
  pull(reference: string): Promise<RunResult>
  remove(): Promise<void>
}

/** A home with the login in it, as `docker login` leaves it. */
async function homeWith(
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

/** A gzipped tar with one file, made by the system's tar. */
async function layer(home: string, content: string): Promise<string> {
  const folder = await mkdtemp(path.join(home, 'layer-'))
  await writeFile(path.join(folder, 'content'), content)
  const tarball = `${folder}.tar.gz`
  const made = await run('tar', ['-C', folder, '-czf', tarball, 'content'])
  if (made.code !== 0) throw new Error(made.output)
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
  const crane = (...args: readonly string[]) =>
    run(program, args, { env: { DOCKER_CONFIG: home, HOME: home } })
  return {
    name: 'crane',
    crane,
    push: async (content, reference) =>
      crane('append', '-f', await layer(home, content), '-t', reference),
    pull: (reference) => crane('pull', reference, path.join(home, 'pulled.tar')),
    remove: () => rm(home, { recursive: true, force: true }),
  }
}

export async function skopeoClient(
  registry: string,
  login?: Login | IdentityToken,
): Promise<Client> {
  const { crane: craneProgram, skopeo: program } = await installParts(['crane', 'skopeo'])
  const home = await homeWith(registry, login)
  await writeFile(
    path.join(home, 'policy.json'),
    JSON.stringify({ default: [{ type: 'insecureAcceptAnything' }] }),
  )
  const skopeo = (...args: readonly string[]) =>
    run(program, ['--policy', path.join(home, 'policy.json'), ...args], {
      env: {
        HOME: home,
        XDG_RUNTIME_DIR: home,
        REGISTRY_AUTH_FILE: path.join(home, 'config.json'),
      },
    })
  return {
    name: 'skopeo',
    async push(content, reference) {
      const image = path.join(home, 'image')
      await mkdir(image, { recursive: true })
      const built = await run(craneProgram, [
        ...['append', '-f', await layer(home, content), '-t', 'local/image:v1'],
        ...['-o', path.join(image, 'image.tar')],
      ])
      if (built.code !== 0) return built
      const source = `docker-archive:${path.join(image, 'image.tar')}`
      return skopeo('copy', '--dest-tls-verify=false', source, `docker://${reference}`)
    },
    pull: (reference) =>
      skopeo('copy', '--src-tls-verify=false', `docker://${reference}`, `dir:${home}/pulled`),
    remove: () => rm(home, { recursive: true, force: true }),
  }
}
