import type { Member } from './crew.ts'
import type { ConfigTexts } from './messages.ts'

/** Making all of a configuration may be to read a policy of megabytes, milliseconds. */
const PREPARING = 15_000

type ConfigMember = Pick<Member, 'id' | 'number' | 'joined' | 'end'> & {
  readonly channel: Pick<Member['channel'], 'ask' | 'tell'>
}

/** The configuration of all workers. */
export interface CrewConfig {
  /** What somebody who comes now begins with. */
  readonly texts: () => ConfigTexts
  /** Puts a text in force with all of them, or rejects and does with none. */
  apply(text: string): Promise<void>
}

/**
 * One configuration for several processes: each makes ready what a text asks for, and only when all could, all
 * put it in force. `members`: those of now.
 */
export function createCrewConfig(
  first: string,
  members: () => readonly ConfigMember[],
): CrewConfig {
  let latest = first
  return {
    texts: () => ({ first, latest }),
    async apply(text) {
      const asked = members().filter(({ joined }) => joined)
      const answers = await Promise.allSettled(
        asked.map(({ channel }) => channel.ask('prepare', text, { patience: PREPARING })),
      )
      const there = new Set(members().map(({ id }) => id))
      // Whoever ended meanwhile could not, and whoever takes its place begins anew.
      const failure = answers.find(
        (answer, index) => answer.status === 'rejected' && there.has(asked[index]?.id ?? NaN),
      )
      if (failure?.status === 'rejected') {
        for (const { channel } of asked) channel.tell('abandon', undefined)
        throw failure.reason
      }
      latest = text
      const ready = new Set(asked.map(({ id }) => id))
      for (const one of members()) {
        if (ready.has(one.id)) one.channel.tell('commit', undefined)
        // It came in between, with the text of before.
        else if (one.joined) one.end()
      }
    },
  }
}
