import { createHash } from 'node:crypto'
import path from 'node:path'
import { messageOf } from '../../../errors.ts'
import type { Log } from '../../../log.ts'
import type { Policy } from '../../../policy/policy.ts'
import { createReloads } from '../reloads.ts'
import { createTrouble } from '../trouble.ts'
import { watchDirectory, type WatchOptions } from '../watch.ts'
import { readPolicyText } from './policy-text.ts'

export interface FilePolicyStoreOptions extends WatchOptions {
  readonly file: string
  /** The text of a policy file → the policy. Throws what is wrong with it. */
  readonly parse: (text: string) => Policy
  readonly log: Log
  /** Called once for each state of the file that can't be used. */
  readonly onFailure: () => void
}

export interface FilePolicyStore {
  /** The policy of now, whole: a reload puts another in its place. */
  current(): Policy
  /** What is wrong with the file, if anything is. */
  problem(): string | undefined
  /** Stops watching; what was loaded stays. */
  close(): void
}

/** A policy and the version of the text that it was made of. */
interface Loaded {
  readonly policy: Policy
  readonly version: string
}

/**
 * The policy of a file, read again when its folder changes. At the start it must be good. Later what
 * can't be used is told loudly, and the policy that was there before stays.
 */
export async function createFilePolicyStore(
  options: FilePolicyStoreOptions,
): Promise<FilePolicyStore> {
  const { file, log } = options
  const reloads = createReloads(load, (error) => {
    trouble.lasts(messageOf(error), messageOf(error))
  })
  const trouble = createTrouble({
    lookAgain: reloads.request,
    tell(error) {
      options.onFailure()
      log.error({ file, error }, 'policy file that cannot be used: the policy of before stays')
    },
  })
  let loaded: Loaded

  async function read(known?: Loaded): Promise<Loaded> {
    const text = await readPolicyText(file)
    const version = createHash('sha256').update(text).digest('hex').slice(0, 12)
    return version === known?.version ? known : { policy: options.parse(text), version }
  }

  async function load(): Promise<void> {
    let next: Loaded
    try {
      next = await read(loaded)
    } catch (thrown) {
      trouble.found(messageOf(thrown), messageOf(thrown))
      return
    }
    if (trouble.over()) log.info({ file }, 'policy file can be used again')
    if (next !== loaded) use(next)
  }

  function use(next: Loaded): void {
    loaded = next
    const { policy, version } = next
    log.info({ file, version, rules: policy.rules.length }, 'policy loaded')
  }

  // Watched before it is read, so that no change falls in between.
  const watch = watchDirectory(path.dirname(file), reloads.request, options)
  function close(): void {
    reloads.close()
    trouble.close()
    watch.close()
  }
  try {
    await reloads.first(async () => {
      use(await read())
    })
  } catch (error) {
    close()
    throw error
  }
  return { current: () => loaded.policy, problem: () => trouble.problem(), close }
}
