import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ClaimSet } from '../../../src/token/claims.ts'
import { createSharing } from '../../../src/token/shared-claims.ts'

const claims = (changed: Partial<ClaimSet> = {}): ClaimSet => ({
  ...{ issuer: 'rauth', subject: 'team-a', audience: 'registry', id: 'a' },
  ...{ issuedAt: 1, notBefore: 1, expiresAt: 301 },
  access: [{ type: 'repository', name: 'team-a/app', actions: ['pull'] }],
  namespaces: ['team-a'],
  credentials: [{ id: 'team-a/registry-credentials', generation: 'g' }],
  ...changed,
})

describe('createSharing', () => {
  it('keeps once what two tokens both say', () => {
    const share = createSharing()
    const first = share(claims())
    const second = share(claims({ id: 'b', issuedAt: 2, notBefore: 2, expiresAt: 302 }))
    assert.equal(second.access, first.access)
    assert.equal(second.credentials, first.credentials)
    assert.equal(second.namespaces, first.namespaces)
  })

  it('changes nothing of what a token says', () => {
    const share = createSharing()
    const tokens = [
      claims(),
      claims({ id: 'b', expiresAt: 302 }),
      claims({ subject: 'team-b' }),
      claims({ access: [] }),
      claims({ access: [{ type: 'repository', name: 'team-a/app', actions: ['pull', 'push'] }] }),
      claims({ namespaces: ['team-a', 'team-c'] }),
      claims({ credentials: [{ id: 'team-a/registry-credentials', generation: 'h' }] }),
      claims({ issuer: 'other', audience: 'other' }),
    ]
    for (const token of [...tokens, ...tokens]) assert.deepEqual(share(token), token)
  })
})
