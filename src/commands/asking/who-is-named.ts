import { whoAsks, type Asking, type Known } from '../../serve/asking/who.ts'
import type { AskerOptions } from './asker-options.ts'
import type { Tags } from '../../policy/asker.ts'
import { usage } from './usage.ts'

/**
 * By a policy that is named somebody may ask who is not there yet. Without `--as` and `--anonymous` there is
 * nobody to ask about: ERR_USAGE.
 *
 * @param tags Of what is asked about; those of `--tag` come on top of them.
 */
export function whoIsNamed(options: AskerOptions, known: Known, now: number, tags: Tags): Asking {
  if (options.as === undefined && options.anonymous !== true) {
    throw usage('say who asks: --as NAMESPACE, or --anonymous')
  }
  const { tag } = options
  const all =
    tag.length === 0 || tags === undefined ? tags : [...tag, ...(tags === 'any' ? [] : tags)]
  return whoAsks(
    { ...options, tags: all },
    { ...known, assumed: options.policy !== undefined },
    now,
  )
}
