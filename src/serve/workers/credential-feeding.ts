import { createCredentialFeed, type AllCredentials } from './credential-feed.ts'
import type { Member } from './crew.ts'
import type { CredentialChanges } from './messages.ts'

/** How often is looked what became of the credentials, milliseconds: what is revoked must be so within a second. */
const LOOK = 100

/** A worker that hears nothing for long lets nobody in; milliseconds. */
const SIGN_OF_LIFE = 1_000

export interface CredentialFeeding {
  /** For a worker that begins: from then on it is told of what changes. */
  whole(): CredentialChanges
  close(): void
}

export interface CredentialFeedingOptions {
  readonly store: AllCredentials
  readonly members: () => readonly {
    readonly joined: boolean
    readonly channel: Pick<Member['channel'], 'tell'>
  }[]
  /** Milliseconds, going forwards. */
  readonly timer: () => number
}

/** Tells all workers of the credentials of one store. */
export function feedCredentials(options: CredentialFeedingOptions): CredentialFeeding {
  const { store, members, timer } = options
  const feed = createCredentialFeed(store)
  let toldAt = timer()
  let wasReady = false

  function look(): void {
    const changes = feed.next()
    const { ready, changed, unusable } = changes
    const isNews = changed.length > 0 || unusable !== undefined
    if (!isNews && ready === wasReady && timer() - toldAt < SIGN_OF_LIFE) return
    wasReady = ready
    toldAt = timer()
    for (const { joined, channel } of members()) {
      if (joined) channel.tell('credentials', changes)
    }
  }
  look()
  const looking = setInterval(look, LOOK)
  return {
    whole: () => feed.whole(),
    close() {
      clearInterval(looking)
    },
  }
}
