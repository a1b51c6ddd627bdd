import { Command } from 'commander'
import { discoverRealm, requestToken, type Login } from '../adapters/probe/token.ts'
import { RauthError } from '../errors.ts'
import { visible } from '../printable.ts'
import { Redacted } from '../redacted.ts'
import type { ReadChallenge } from '../registry/read-challenge.ts'
import { parseUrl } from './asking/parse-url.ts'
import { PASSWORD_VARIABLE, readPassword } from './asking/secret-input.ts'
import { usage } from './asking/usage.ts'
import { outputOption, printJson, type Output } from './output.ts'

interface TokenOptions {
  readonly registry?: string
  readonly realm?: string
  readonly service?: string
  readonly user?: string
  readonly passwordStdin?: true
  readonly output: Output
}

export function tokenCommand(): Command {
  return new Command('token')
    .description('Fetch a token as docker does, and print it; exit 1 if there is none to be had.')
    .argument('[scopes...]', 'what to ask for; without: what docker login asks for')
    .option('-r, --registry <url>', 'says at /v2/ where its tokens are', parseUrl)
    .option('--realm <url>', 'where tokens are, in place of what a registry says', parseUrl)
    .option('--service <service>', 'what the token is for, in place of what a registry says')
    .option('-u, --user <user>', `who asks; the password is in ${PASSWORD_VARIABLE}, or on stdin`)
    .option('--password-stdin', 'the password is on stdin')
    .addOption(outputOption())
    .addHelpText(
      'after',
      '\nExample:\n' +
        '  printf %s "$PASSWORD" | rauth token repository:team-a/app:pull -r http://localhost:5080 \\\n' +
        '    -u team-a --password-stdin | rauth decode -',
    )
    .exitOverride()
    .action(async (scopes: readonly string[], options: TokenOptions) => {
      const login = await loginOf(options)
      const { service: named } = options
      const { realm, service } = await placeOf(options, login)
      const received = await requestToken({ realm, service: named ?? service }, scopes, login)
      const { token, expiresIn } = received
      if (options.output === 'table') process.stdout.write(`${token}\n`)
      else printJson({ token, expiresIn, realm, service: named ?? service })
    })
}

async function placeOf(
  { registry, realm, service = '' }: TokenOptions,
  login: Login | undefined,
): Promise<ReadChallenge> {
  if (realm !== undefined) return { realm, service }
  if (registry === undefined) throw usage('say where: --registry URL, or --realm URL')
  const found = await discoverRealm(registry)
  if (login !== undefined && isTls(registry) && !isTls(found.realm)) {
    throw new RauthError(
      'ERR_REFUSED',
      `${registry} names the realm ${visible(found.realm)}, where everybody on the way could read the password: ` +
        'it was not sent; next: have the registry name one with https, or name this one with --realm',
    )
  }
  return found
}

function isTls(url: string): boolean {
  return new URL(url).protocol === 'https:'
}

async function loginOf({ user, passwordStdin }: TokenOptions): Promise<Login | undefined> {
  if (user === undefined) {
    if (passwordStdin === true) throw usage('a password without a user: --user NAME')
    return undefined
  }
  const variable = process.env[PASSWORD_VARIABLE]
  if (passwordStdin === true) return { username: user, password: await readPassword() }
  if (variable !== undefined) return { username: user, password: new Redacted(variable) }
  throw usage(
    `no password of ${user}: put it into ${PASSWORD_VARIABLE}, or on stdin with --password-stdin`,
  )
}
