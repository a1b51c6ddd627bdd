import { JWKS_FILE, readDocumentText, USERS_FILE } from '../../adapters/file/document-text.ts'
import { requireProgram } from '../../adapters/command/program.ts'
import { readKeysFile } from '../../adapters/oidc/key-set.ts'
import type { Identity } from '../../config/identity-schema.ts'
import { usersOfFile } from '../../config/users-file.ts'
import type { NeededFile } from '../needed-file.ts'
import { readAuthority } from './authority.ts'

/** The files of one source, each with its parser. */
export function filesOf(source: Identity[number]): NeededFile[] {
  const { users, command, http, oidc, ldap, serviceAccounts } = source
  const files: NeededFile[] = []
  const add = (
    key: string,
    path: string | undefined,
    check: (path: string) => Promise<unknown>,
    next = '',
  ) => {
    if (path !== undefined) files.push({ key, path, next, check: () => check(path) })
  }
  const authority = (key: string) => (path: string) => readAuthority(path, `identity: ${key}`)

  add('users.file', users?.file, (path) => readUsers(path, users?.format), ': put the users there')
  // One without a slash is looked for on the PATH of another machine.
  add(
    'command.program',
    command?.program?.includes('/') === true ? command.program : undefined,
    (path) => requireProgram(path, undefined, 'identity: command.program'),
  )
  add('http.authority', http?.authority, authority('http.authority'))
  add('oidc.authority', oidc?.authority, authority('oidc.authority'))
  add('oidc.jwks', oidc?.jwks, readKeys)
  add('serviceAccounts.jwks', serviceAccounts?.jwks, readKeys)
  add('ldap.authority', ldap?.authority, authority('ldap.authority'))
  // Any text may be a password, and it is read anew for each bind.
  add('ldap.bind.passwordFile', ldap?.bind?.passwordFile, () => Promise.resolve())
  return files
}

async function readUsers(file: string, format: 'rauth' | 'docker_auth' | undefined) {
  return usersOfFile(await readDocumentText(file, USERS_FILE), file, format)
}

async function readKeys(file: string) {
  return readKeysFile(await readDocumentText(file, JWKS_FILE), file)
}
