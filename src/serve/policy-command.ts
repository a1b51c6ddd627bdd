import { createCommand } from '../adapters/command/command.ts'
import { createPolicyCommand } from '../adapters/command/policy-command.ts'
import { requireProgram } from '../adapters/command/program.ts'
import { createRecentFailure } from '../adapters/recent-failure.ts'
import type { AskPolicy } from '../authorize.ts'
import type { Config } from '../config/schema.ts'

export interface AskedCommand {
  readonly ask: AskPolicy
  /** Why it gave no answer when it was last asked, if that was within the last minute. */
  readonly problem: () => string | undefined
}

/** The command that is asked where no rule decides, if one is configured. Throws where it can't be run. */
export async function openPolicyCommand(
  { policy }: Config,
  timer: () => number,
): Promise<AskedCommand | undefined> {
  const { program, args, timeout, concurrency } = policy.command
  if (program === undefined) return undefined
  const environment = commandEnvironment()
  await requireProgram(program, environment['PATH'], 'policy.command')
  const limits = { timeout: timeout * 1000, atOnce: concurrency }
  const command = createPolicyCommand(createCommand({ program, args, environment, ...limits }))
  const failure = createRecentFailure(timer)
  return {
    async ask(question) {
      const judgement = await command(question)
      if (judgement.kind === 'failure') failure.failed(judgement.detail)
      else failure.answered()
      return judgement
    },
    problem: failure.problem,
  }
}

/** rauth's own, as with docker_auth, but for its settings, of which some are secrets. */
export function commandEnvironment(): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('RAUTH_')),
  )
}
