import { loadKeySet } from '../../src/adapters/file/keys/key-files.ts'
import type { Access } from '../../src/registry/access.ts'
import { createIssuer } from '../../src/token/issuer.ts'
import { fetchToken } from './http.ts'
import type { Stack } from './stack.ts'

/** Seconds that such a token lives. */
export const LIFETIME = 300

/**
 * A token of team-a as the stack itself would have signed it `age` seconds ago, for `LIFETIME`: time
 * passes in it, and in nothing else.
 */
export async function agedToken(stack: Stack, age: number, access: Access): Promise<string> {
  const valid = await fetchToken(stack.token, stack.login('team-a'), stack.service, '')
  const payload = JSON.parse(Buffer.from(valid.split('.')[1] ?? '', 'base64url').toString()) as {
    rauth: { ns: string[]; cred: [string, string][] }
  }
  const issuedAt = Math.floor(Date.now() / 1000) - age
  const keys = await loadKeySet(stack.keysDirectory, new Date())
  const { token } = await createIssuer({ keys, x5c: true }).sign({
    ...{ issuer: 'rauth', subject: 'team-a', audience: stack.service, id: `aged-${age}` },
    ...{ issuedAt, notBefore: issuedAt, expiresAt: issuedAt + LIFETIME, access },
    namespaces: payload.rauth.ns,
    credentials: payload.rauth.cred.map(([id, generation]) => ({ id, generation })),
  })
  return token
}
