import { shareOf } from '../../config/share.ts'
import type { ConfigSource } from '../config-reloads.ts'
import { run } from '../run.ts'
import type { Role } from '../role.ts'
import { joinPrimary, type PrimaryLink } from './primary-link.ts'

export interface WorkerOptions {
  readonly role: Role
  readonly port: number | undefined
  readonly source: ConfigSource
}

/** The life of one of several workers: that of `rauth serve`, with a share of what all have together. */
export async function runWorker(options: WorkerOptions): Promise<void> {
  const primary = await joinPrimary()
  try {
    await serveFor(primary, options)
  } finally {
    // It alone keeps no process.
    process.channel?.unref()
  }
}

async function serveFor(
  primary: PrimaryLink,
  { role, port, source }: WorkerOptions,
): Promise<void> {
  const parse: ConfigSource['parse'] = (text) => {
    const { config, unheeded } = source.parse(text)
    return { config: shareOf(config, primary.workers), unheeded }
  }
  // A change since the others started is taken as they take it: what needs a restart does not count.
  const { config } = parse(primary.config)
  await run(config, { role, port, primary, source: { ...source, parse } })
}
