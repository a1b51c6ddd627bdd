import type { RegistryTags } from '../../keep-tags.ts'
import { accepted, refused, type Result } from '../../refusal.ts'
import { createSlots } from '../../slots.ts'
import { failureOf, statusMeaning } from './trouble.ts'

export interface TagClientOptions {
  /** The registry, without a path. */
  readonly registry: string
  /** A token of rauth's own that may pull from a repository; `undefined`: the registry asks for none. */
  readonly token: (repository: string) => Promise<string | undefined>
  /** How long the tags of one request may take, with the time that they wait for their turn; milliseconds. */
  readonly timeout: number
}

/** Questions at once, and more that wait: a slow registry does not collect them. */
const SLOTS = { atOnce: 64, waiting: 256, perShare: 16 }

/** A registry keeps from who does not take its kind what kind a manifest is, or that there is one. */
const ACCEPT = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v1+prettyjws',
  'application/vnd.docker.distribution.manifest.v1+json',
  'application/vnd.oci.artifact.manifest.v1+json',
  '*/*',
].join(', ')

const DIGEST = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[A-Fa-f0-9]{32,128}$/

/** What the tags of a registry name, over HTTP. */
export function createTagClient({ registry, token, timeout }: TagClientOptions): RegistryTags {
  const takeSlot = createSlots(SLOTS)

  /** A HEAD: of a manifest nothing is needed but that it is there, and its digest. */
  async function ask(repository: string, tag: string, signal: AbortSignal) {
    const own = await token(repository)
    return fetch(new URL(`/v2/${repository}/manifests/${tag}`, registry), {
      method: 'HEAD',
      headers: {
        ...(own === undefined ? {} : { authorization: `Bearer ${own}` }),
        accept: ACCEPT,
      },
      // Followed, the token could go to another host.
      redirect: 'manual',
      signal,
    })
  }

  async function digestOf(
    repository: string,
    tag: string,
    share: string,
    end: AbortSignal,
  ): Promise<Result<string | undefined>> {
    const leave = await takeSlot(share, end)
    if (leave === undefined) return unclear('too many questions at once')
    try {
      const { status, headers } = await ask(repository, tag, end)
      if (status === 404) return accepted(undefined)
      if (status !== 200) {
        const missing = 'no word on whether the tag is there'
        return unclear(statusMeaning(status, 'gateway.registry', missing))
      }
      const digest = headers.get('docker-content-digest') ?? ''
      // Without one it is no digest, so nothing that is pushed has the same.
      return accepted(DIGEST.test(digest) ? digest : '')
    } catch (thrown) {
      return unclear(failureOf(thrown))
    } finally {
      leave()
    }
  }

  return {
    async digestsOf(repository, tags, share) {
      const end = AbortSignal.timeout(timeout)
      const digests: (string | undefined)[] = []
      for (const found of await Promise.all(
        tags.map((tag) => digestOf(repository, tag, share, end)),
      )) {
        if (!found.ok) return found
        digests.push(found.value)
      }
      return accepted(digests)
    },
  }
}

function unclear(detail: string): Result<never> {
  return refused('tag_unclear', { detail })
}
