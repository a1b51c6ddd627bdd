import type { KeyObject } from 'node:crypto'
import type { Redacted } from '../redacted.ts'
import type { Holder, Labels } from '../subject.ts'
import type { Credential } from './credential.ts'
import { credentialGeneration } from './generation.ts'

/** One whom the administrator knows by user name and password. */
export interface StaticUser extends Holder {
  readonly username: string
  /** A bcrypt hash, and its cost. */
  readonly passwordHash: Redacted<string>
  readonly cost: number
}

/** All that the administrator says of people. */
export interface Users {
  readonly people: readonly StaticUser[]
  /** Labels of whoever has no credentials. */
  readonly nobody?: Labels
}

/** The credentials of static users. No Secret has an id with a colon. */
export function credentialsOfUsers(
  { people }: Users,
  bindingKey: KeyObject,
): readonly Credential[] {
  return people.map(({ username, passwordHash, cost, ...holder }) => {
    const id = `user:${username}`
    const identity = { id, username, passwordHash: passwordHash.reveal() }
    return {
      ...{ id, username, ...holder, administered: true },
      generation: credentialGeneration(bindingKey, identity),
      secret: { kind: 'bcrypt', hash: passwordHash, cost },
    }
  })
}
