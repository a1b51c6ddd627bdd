import { originOf, readAttributes, type CheckRequest } from '../../adapters/ext-authz/attributes.ts'
import { createCheckAccess } from '../../check-access.ts'
import { serviceNames } from '../../config/services.ts'
import type { RegistryTags } from '../../keep-tags.ts'
import { explain } from '../../policy/explain.ts'
import { accepted } from '../../refusal.ts'
import { bearerToken, isBasic } from '../../registry/authorization.ts'
import { readRequest } from '../../registry/request.ts'
import { readUnverified } from '../../token/unverified.ts'
import type { AskerOptions } from '../asking/asker-options.ts'
import { judge, recorded, type Judged } from '../../serve/asking/judge.ts'
import { cannotLogIn } from '../../serve/asking/who.ts'
import type { Offline } from '../asking/offline.ts'
import { usage } from '../asking/usage.ts'
import { whoIsNamed } from '../asking/who-is-named.ts'
import { say } from '../output.ts'
import { askerOf, liveDependencies, unhurried } from './token.ts'

/**
 * A recorded CheckRequest, judged by the gateway's own flow; with `--as` or `--anonymous` for them instead
 * of for whoever its token is for. The registry is not asked for its tags, and no password is looked at: what
 * comes with one is ERR_USAGE where the gateway takes them.
 */
export async function judgeCheck(
  check: CheckRequest,
  options: AskerOptions,
  offline: Offline,
  now: number,
): Promise<Judged> {
  const request = readAttributes(check)
  const read = request.ok ? readRequest(request.value) : undefined
  const required = read?.ok === true ? read.value : undefined
  const origin = originOf(check)
  const address = options.ip ?? origin.address
  if (required !== undefined && (options.as !== undefined || options.anonymous === true)) {
    const asking = whoIsNamed({ ...options, ...(address && { ip: address }) }, offline, now, 'any')
    say([...asking.notes, ...cannotLogIn(asking)])
    const asker = { ...asking.asker, tags: required.tags }
    return judge(offline.policy, { ...asking, asker }, required.required)
  }

  const { config } = offline
  const { basic, mount, uploadGrace } = config.gateway
  if (basic && request.ok && isBasic(request.value.authorization)) {
    throw usage(
      'a user name and a password in a CheckRequest are not looked at here: say who asks, --as NAMESPACE[/USER]',
    )
  }
  const pushed: string[] = []
  const { record, explanation } = await recorded((record) => {
    const checkAccess = createCheckAccess(
      { ...unhurried, ...liveDependencies(offline, now), record, tags: noTags(pushed) },
      { service: config.service, services: serviceNames(config), mount, uploadGrace },
    )
    return checkAccess(request, { ...origin, ...(address && { address }) })
  })
  if (pushed.length > 0) {
    say([
      `the registry is not asked whether it has ${pushed.join(', ')} already, which is written once: judged as ` +
        'if it has not',
    ])
  }
  if (explanation !== undefined) return { record, explanation }
  const token = request.ok ? bearerToken(request.value.authorization) : undefined
  const claims = token?.ok === true ? readUnverified(token.value)?.claims : undefined
  if (required === undefined || claims === undefined) return { record, explanation: undefined }
  const service = options.service ?? check.service ?? config.service
  const asker = askerOf(claims, { service, address, now, tags: required.tags }, offline)
  return { record, explanation: explain(offline.policy, asker, required.required) }
}

/** A registry without any tag, which keeps those that it is asked about. */
function noTags(asked: string[]): RegistryTags {
  return {
    digestsOf: (_, tags) => {
      asked.push(...tags)
      return Promise.resolve(accepted(tags.map(() => undefined)))
    },
  }
}
