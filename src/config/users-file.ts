import type { Users } from '../credentials/users.ts'
import { dockerAuthUsersOf } from './docker-auth/users.ts'
import { readFileAs } from './document-file.ts'
import { problemsError } from './problems.ts'
import { usersOf, usersSchema } from './users-schema.ts'

/** In which form the users of a file are written. */
export type UsersFormat = 'rauth' | 'docker_auth'

/** The text of a users file → the users. Throws a RauthError that lists each mistake with its place. */
export function usersOfFile(
  source: string,
  fileName: string,
  format: UsersFormat = 'rauth',
): Users {
  if (format === 'docker_auth') return dockerAuthUsersOf(source, fileName)
  const read = readFileAs(usersSchema, source, fileName)
  if (read.problems !== undefined) throw problemsError(read.problems)
  return usersOf(read.data)
}
