import { discoverRealm, requestToken, type Login } from '../adapters/probe/token.ts'
import { RauthError } from '../errors.ts'
import { visible } from '../printable.ts'
import { Redacted } from '../redacted.ts'
import type { ReadChallenge } from '../registry/read-challenge.ts'
import { PASSWORD_VARIABLE, readPassword } from './asking/secret-input.ts'
import { usage } from './asking/usage.ts'
import { printJson, type Output } from './output.ts'

export interface TokenOptions {
  readonly registry?: string
  readonly realm?: string
  readonly service?: string
  readonly user?: string
  readonly passwordStdin?: true
  readonly output: Output
}

/** `rauth token`: fetches a token and prints it. */
export async function runToken(scopes: readonly string[], options: TokenOptions): Promise<void> {
  const login = await loginOf(options)
  const { service: named } = options
  const { realm, service } = await placeOf(options, login)
  const received = await requestToken({ realm, service: named ?? service }, scopes, login)
  const { token, expiresIn } = received
  if (options.output === 'table') process.stdout.write(`${token}\n`)
  else printJson({ token, expiresIn, realm, service: named ?? service })
}

async function placeOf(
  { registry, realm, service = '' }: TokenOptions,
  login: Login | undefined,
): Promise<ReadChallenge> {
  if (realm !== undefined) return { realm, service }
  if (registry === undefined) throw usage('say where: --registry URL, or --realm URL')
  const found = await discoverRealm(registry, 'name the realm with --realm')
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
