import { whoAsks, type AskerTerms, type Asking, type Known } from '../../serve/asking/who.ts'
import { usage } from './usage.ts'

/** Without `--as` and `--anonymous` there is nobody to ask about: ERR_USAGE. */
export function whoIsNamed(options: AskerTerms, known: Known, now: number): Asking {
  if (options.as === undefined && options.anonymous !== true) {
    throw usage('say who asks: --as NAMESPACE, or --anonymous')
  }
  return whoAsks(options, known, now)
}
