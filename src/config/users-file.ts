import type { Users } from '../credentials/users.ts'
import { readFileAs } from './document-file.ts'
import { problemsError } from './problems.ts'
import { usersOf, usersSchema } from './users-schema.ts'

/** The text of a users file → the users. Throws a RauthError that lists each mistake with its place. */
export function usersOfFile(source: string, fileName: string): Users {
  const read = readFileAs(usersSchema, source, fileName)
  if (read.problems !== undefined) throw problemsError(read.problems)
  return usersOf(read.data)
}
