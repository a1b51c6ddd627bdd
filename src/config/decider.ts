import { COMMAND, KUBERNETES, type Decider } from '../policy/decider.ts'
import type { Config } from './schema.ts'

/** Who is asked about what the rules leave open, if anybody is. */
export function deciderOf({ policy }: Pick<Config, 'policy'>): Decider | undefined {
  if (policy.kubernetes.enabled) return KUBERNETES
  return policy.command.program === undefined ? undefined : COMMAND
}
