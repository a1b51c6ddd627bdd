import { createFastLane } from '../../src/fast-lane.ts'
import { createIssueToken } from '../../src/issue-token.ts'
import { compileRule } from '../../src/policy/compile-rule.ts'
import { namespacePolicy, type Policy } from '../../src/policy/policy.ts'
import type { Rule } from '../../src/policy/rule.ts'
import type { Access } from '../../src/registry/access.ts'
import type { ClaimSet } from '../../src/token/claims.ts'
import { EXPIRY, NOW, SERVICE, startFlows, type Person } from './flows.ts'

/** Seconds. */
export const WINDOW = 30
export const ISSUED = Math.floor(NOW)

const OWN = namespacePolicy({ public: ['library/**'], shared: ['shared/**'] })

/** Both flows, with tokens that open the lane. */
export function startLane(people: readonly Person[], policy: Policy = OWN) {
  const flows = startFlows(people)
  flows.policy(policy)
  const fastLane = createFastLane(flows.deps, { service: SERVICE, window: WINDOW })
  const issueToken = createIssueToken({ ...flows.deps, fastLane }, flows.options)
  return { flows, fastLane, issueToken }
}

/** One that lets team-a pull, but for what a test changes. */
export const pullRule = (more: Partial<Parameters<typeof compileRule>[0]> = {}): Rule =>
  compileRule({ id: 'rule', match: { name: 'team-a/**' }, actions: ['pull'], ...more })

/** Of nobody, for what is public. */
export function claimsOf(more: Partial<ClaimSet>): ClaimSet {
  const access: Access = [{ type: 'repository', name: 'library/x', actions: ['pull'] }]
  return {
    ...{ issuer: 'rauth', subject: '', audience: SERVICE, id: 'id', access },
    ...{ issuedAt: ISSUED, notBefore: ISSUED, expiresAt: ISSUED + EXPIRY },
    ...{ namespaces: [], credentials: [] },
    ...more,
  }
}

/** A path that the lane can be about. */
export const digestPath = (repository: string, kind = 'blobs') =>
  `/v2/${repository}/${kind}/sha256:${'a0'.repeat(32)}`
