import type { Random } from '../support/random.ts'

/** The same bytes with a few changed, left out, doubled or put in. */
export function mutate(bytes: Buffer, random: Random): Buffer {
  let result = Buffer.from(bytes)
  for (let left = random.between(1, 8); left > 0; left -= 1) {
    const at = random.below(result.length)
    const until = Math.min(result.length, at + random.between(1, 16))
    const [head, some, tail] = [
      result.subarray(0, at),
      result.subarray(at, until),
      result.subarray(until),
    ]
    const change = random.pick(['flip', 'drop', 'double', 'insert'] as const)
    if (change === 'flip') {
      result[at] = (result[at] ?? 0) ^ (1 << random.below(8))
    } else if (change === 'drop') {
      result = Buffer.concat([head, tail])
    } else if (change === 'double') {
      result = Buffer.concat([head, some, some, tail])
    } else {
      const fresh = Buffer.from(some.map(() => random.below(256)))
      result = Buffer.concat([head, fresh, some, tail])
    }
  }
  return result
}
