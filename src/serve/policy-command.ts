import { createCommand } from '../adapters/command/command.ts'
import { createPolicyCommand } from '../adapters/command/policy-command.ts'
import { requireProgram } from '../adapters/command/program.ts'
import type { AskPolicy } from '../authorize.ts'
import type { Config } from '../config/schema.ts'

/** The command that is asked where no rule decides, if one is configured. Throws where it can't be run. */
export async function openPolicyCommand({ policy }: Config): Promise<AskPolicy | undefined> {
  const { program, args, timeout, concurrency } = policy.command
  if (program === undefined) return undefined
  const environment = commandEnvironment()
  await requireProgram(program, environment['PATH'], 'policy.command')
  const limits = { timeout: timeout * 1000, atOnce: concurrency }
  return createPolicyCommand(createCommand({ program, args, environment, ...limits }))
}

/** rauth's own, as with docker_auth, but for its settings, of which some are secrets. */
export function commandEnvironment(): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('RAUTH_')),
  )
}
