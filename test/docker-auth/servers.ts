import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { stringify } from 'yaml'
import { startChild, untilReady, type Child } from '../../tools/stack/child.ts'
import { freePort } from '../../tools/stack/ports.ts'
import { throwAwayAuthority } from '../support/certified-keys.ts'
import { ask } from '../support/http.ts'
import { run } from '../support/run.ts'
import { HASHED, PASSWORD, type Labels, type World } from './world.ts'

/** The bundled program, from dist/test/docker-auth. */
const RAUTH = path.resolve(import.meta.dirname, '../../rauth.js')

export const EXPIRATION = 900

/** A token server of its own, with what its ext_authz command was asked. */
export interface TokenServer {
  readonly port: number
  questions(): Promise<readonly string[]>
  stop(): Promise<void>
}

/** What both servers share: a folder with a certificate, and where docker_auth's program is. */
export interface Ground {
  readonly directory: string
  readonly dockerAuth: string
  readonly certificate: string
  readonly key: string
}

export async function prepareGround(directory: string, dockerAuth: string): Promise<Ground> {
  const pair = await throwAwayAuthority('ES256')
  const [certificate, key] = [path.join(directory, 'token.crt'), path.join(directory, 'token.key')]
  await writeFile(certificate, pair.certificate)
  await writeFile(key, pair.key, { mode: 0o600 })
  return { directory, dockerAuth, certificate, key }
}

export const startDockerAuth = (ground: Ground, world: World, name: string) =>
  start(ground, world, `${name}-docker-auth`, (file) => ({
    ...{ name: 'docker_auth', program: ground.dockerAuth, args: ['-logtostderr', file] },
  }))

export const startRauth = (ground: Ground, world: World, name: string) =>
  start(ground, world, `${name}-rauth`, (file) => ({
    ...{ name: 'rauth', program: process.execPath },
    args: [RAUTH, 'serve', '--docker-auth-config', file],
  }))

/** rauth with what `rauth migrate` made of it, and the list of differences; nothing where it refuses. */
export async function startMigrated(
  ground: Ground,
  world: World,
  name: string,
): Promise<{ readonly server: TokenServer; readonly differences: readonly string[] } | undefined> {
  let differences: readonly string[] = []
  try {
    const server = await start(ground, world, `${name}-migrated`, async (file) => {
      const output = path.join(path.dirname(file), 'rauth')
      const made = await run(process.execPath, [
        RAUTH,
        'migrate',
        'docker-auth',
        file,
        '-o',
        output,
      ])
      if (made.code !== 0) throw new Refusal(made.stderr)
      differences = made.stdout.split('\n').filter((line) => /^\d+\. /.test(line))
      const config = path.join(output, 'rauth.yaml')
      return {
        ...{ name: 'rauth', program: process.execPath },
        args: [RAUTH, 'serve', '--role', 'token', '-c', config],
      }
    })
    return { server, differences }
  } catch (thrown) {
    if (thrown instanceof Refusal && /no rule can say this/.test(thrown.message)) return undefined
    throw thrown
  }
}

/** What `rauth migrate` says when it writes nothing. */
class Refusal extends Error {}

type Program = Pick<Parameters<typeof startChild>[0], 'name' | 'program' | 'args'>

async function start(
  ground: Ground,
  world: World,
  name: string,
  programOf: (file: string) => Program | Promise<Program>,
): Promise<TokenServer> {
  const folder = path.join(ground.directory, name)
  await mkdir(folder)
  const port = await freePort()
  const { file, asked } = await writeWorld(ground, world, folder, port)
  const program = await programOf(file)
  const child = await startChild({
    ...program,
    logFile: path.join(folder, 'log'),
    env: {
      // What docker_auth has not: see docs/docker-auth.md.
      ...{ RAUTH_GUESSING_FAILURES: '0', RAUTH_GUESSING_PER_NETWORK: '0' },
      ...{ RAUTH_LISTEN_OPERATIONS: '127.0.0.1:0', RAUTH_LOG_LEVEL: 'warn' },
      NODE_V8_COVERAGE: undefined,
    },
  })
  await untilListening(child, port)
  return {
    port,
    async questions() {
      const text = await readFile(asked, 'utf8').catch(() => '')
      return text.split('\n').filter((line) => line !== '')
    },
    async stop() {
      await child.stop()
    },
  }
}

async function untilListening(child: Child, port: number): Promise<void> {
  try {
    await untilReady(child, () =>
      ask(port, '/').then(
        () => true,
        () => false,
      ),
    )
  } catch (error) {
    await child.stop()
    throw error
  }
}

/** Writes the configuration and its commands; gives where the one is, and where the other tells. */
export async function writeWorld(
  { certificate, key }: Pick<Ground, 'certificate' | 'key'>,
  world: World,
  folder: string,
  port: number,
) {
  const [login, judge] = [path.join(folder, 'ext_auth.sh'), path.join(folder, 'ext_authz.sh')]
  const asked = path.join(folder, 'asked')
  if (world.outside !== undefined) await writeScript(login, loginScript(world.outside))
  if (world.judged) await writeScript(judge, judgeScript(asked))
  const { realIp } = world
  const configuration = {
    server: {
      addr: `127.0.0.1:${port}`,
      path_prefix: world.pathPrefix,
      ...(realIp === undefined
        ? {}
        : { real_ip_header: realIp.header, real_ip_pos: realIp.position }),
    },
    token: { issuer: 'Auth Service', expiration: EXPIRATION, certificate, key },
    users: Object.fromEntries(
      Object.entries(world.users).map(([name, labels]) => [
        name,
        { ...(name === '' ? {} : { password: HASHED }), labels },
      ]),
    ),
    ...(world.outside === undefined ? {} : { ext_auth: { command: login, args: [''] } }),
    ...(world.acl === undefined ? {} : { acl: world.acl }),
    ...(world.judged ? { ext_authz: { command: judge } } : {}),
  }
  const file = path.join(folder, 'auth_config.yml')
  await writeFile(file, stringify(configuration, { aliasDuplicateObjects: false }))
  return { file, asked }
}

async function writeScript(file: string, text: string): Promise<void> {
  await writeFile(file, `#!/bin/sh\n${text}\n`)
  await chmod(file, 0o755)
}

/** Knows these people, says no to a wrong password, fails for one and has nothing to do with others. */
function loginScript(people: Readonly<Record<string, Labels>>): string {
  const cases = Object.entries(people).flatMap(([name, labels]) => [
    `${quoted(name === '' ? ' ' : `${name} ${PASSWORD}`)}) printf '%s' ${quoted(JSON.stringify({ labels }))}; exit 0;;`,
    `${quoted(`${name} `)}*) exit 1;;`,
  ])
  return ['case "$(cat)" in', ...cases, '"stranger "*) exit 3;;', '*) exit 2;;', 'esac'].join('\n')
}

/** Allows some, denies some, fails for some, and notes what it was asked. */
function judgeScript(asked: string): string {
  return [
    'question=$(cat)',
    `printf '%s\\n' "$question" >> ${quoted(asked)}`,
    'case "$question" in',
    `*'"Name":"tools/'*) exit 0;;`,
    `*'"Account":"ci"'*) exit 0;;`,
    `*'"Name":"victim/'*) exit 2;;`,
    `*) exit 1;;`,
    'esac',
  ].join('\n')
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
