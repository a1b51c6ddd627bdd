import { createPolicy, type Policy } from '../../policy/policy.ts'
import { dockerAuthOf, entryId } from './document.ts'
import { ruleOf } from './entry.ts'

/**
 * `acl` of a docker_auth configuration as a policy, in which every pattern is what docker_auth makes of
 * it. Throws a RauthError that lists each mistake of the file with its place.
 */
export function dockerAuthPolicyOf(source: string, fileName: string): Policy {
  const { data, locate } = dockerAuthOf(source, fileName)
  const anonymous = Object.hasOwn(data.users ?? {}, '')
  const rules = (data.acl ?? []).map((entry, index) =>
    ruleOf(entry, entryId(fileName, locate, index), anonymous),
  )
  return createPolicy(rules, [], { anonymous })
}
