import { whoAsks, type Asking, type Known } from '../../serve/asking/who.ts'
import type { AskerOptions } from './asker-options.ts'
import { usage } from './usage.ts'

/** By a policy that is named somebody may ask who is not there yet. Without `--as` and `--anonymous` there is nobody to ask about: ERR_USAGE. */
export function whoIsNamed(options: AskerOptions, known: Known, now: number): Asking {
  if (options.as === undefined && options.anonymous !== true) {
    throw usage('say who asks: --as NAMESPACE, or --anonymous')
  }
  return whoAsks(options, { ...known, assumed: options.policy !== undefined }, now)
}
