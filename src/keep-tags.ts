import { shareOf, type Asker } from './policy/asker.ts'
import type { Policy } from './policy/policy.ts'
import { writeOnceOf } from './policy/write-once.ts'
import { accepted, refused, type Result } from './refusal.ts'
import type { RequiredAccess } from './registry/request.ts'

/** The tags of the registry behind the gateway. */
export interface RegistryTags {
  /**
   * The digests of the manifests that tags name, in their order; `undefined`: there is no such tag.
   * `tag_unclear` if one is not known in time, or too many of the same `share` are being asked for. Never
   * rejects for what the registry does.
   */
  digestsOf(
    repository: string,
    tags: readonly string[],
    share: string,
  ): Promise<Result<readonly (string | undefined)[]>>
}

/**
 * Keeps tags as they are that are written once only, for a request that is otherwise allowed: a tag that
 * is there is not pushed again, unless what is pushed has the digest that it names, and none is deleted.
 * What is deleted by its digest may be what such a tag needs. The registry is asked for these tags alone.
 */
export async function keepTags(
  registry: RegistryTags | undefined,
  policy: Policy,
  asker: Asker,
  { change, tags }: Pick<RequiredAccess, 'change' | 'tags'>,
): Promise<Result<void>> {
  if (change === undefined || !policy.writesOnce) return accepted(undefined)
  const { repository, action, digest } = change
  const once = writeOnceOf(policy, { ...asker, tags }, repository, action)
  if (tags === undefined) return once.some ? refused('content_immutable') : accepted(undefined)
  const kept = tags.filter((tag) => once.has(tag))
  if (kept.length === 0) return accepted(undefined)
  if (action === 'delete') return refused('tag_immutable')
  if (registry === undefined) {
    return refused('tag_unclear', { detail: 'no gateway.registry to ask for this service' })
  }
  const found = await registry.digestsOf(repository, kept, shareOf(asker))
  if (!found.ok) return found
  const changed = found.value.some((named) => named !== undefined && named !== digest)
  return changed ? refused('tag_immutable') : accepted(undefined)
}
