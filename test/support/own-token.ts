import { loadKeySet } from '../../src/adapters/file/keys/key-files.ts'
import type { Access } from '../../src/registry/access.ts'
import { createIssuer } from '../../src/token/issuer.ts'
import { fetchToken } from './http.ts'
import type { Stack } from './stack.ts'

/** How long the tokens live, seconds: as long as rauth's own. */
export const LIFETIME = 300

export interface OwnToken {
  readonly id: string
  /** Seconds since the epoch. */
  readonly issuedAt: number
  readonly access: Access
}

/** Signs tokens of team-a as the stack itself would, which say what the test wants. */
export async function ownIssuer(stack: Stack): Promise<(token: OwnToken) => Promise<string>> {
  const valid = await fetchToken(stack.token, stack.login('team-a'), stack.service, '')
  const payload = JSON.parse(Buffer.from(valid.split('.')[1] ?? '', 'base64url').toString()) as {
    rauth: { ns: string[]; cred: [string, string][] }
  }
  const keys = await loadKeySet(stack.keysDirectory, new Date())
  const issuer = createIssuer({ keys, x5c: true })
  const credentials = payload.rauth.cred.map(([id, generation]) => ({ id, generation }))
  return async ({ id, issuedAt, access }) => {
    const { token } = await issuer.sign({
      ...{ issuer: 'rauth', subject: 'team-a', audience: stack.service, id, access },
      ...{ issuedAt, notBefore: issuedAt, expiresAt: issuedAt + LIFETIME },
      ...{ namespaces: payload.rauth.ns, credentials },
    })
    return token
  }
}

/** A token of team-a that was signed `age` seconds ago: time passes in it, and in nothing else. */
export async function agedToken(stack: Stack, age: number, access: Access): Promise<string> {
  const sign = await ownIssuer(stack)
  return sign({ id: `aged-${age}`, issuedAt: Math.floor(Date.now() / 1000) - age, access })
}
