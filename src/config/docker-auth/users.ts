import type { Users } from '../../credentials/users.ts'
import { dockerAuthOf } from './document.ts'

/**
 * `users` of a docker_auth configuration; `""` is whoever has no credentials. Throws a RauthError that
 * lists each mistake of the file with its place.
 */
export function dockerAuthUsersOf(source: string, fileName: string): Users {
  const { users = {} } = dockerAuthOf(source, fileName).data
  const people = Object.entries(users).flatMap(([username, { password, labels }]) =>
    password === undefined
      ? []
      : [{ username, passwordHash: password.hash, cost: password.cost, labels }],
  )
  const nobody = users['']?.labels
  return { people, ...(nobody === undefined ? {} : { nobody }) }
}
