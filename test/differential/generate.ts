import { Random } from '../support/random.ts'
import { clientRequest } from './client-requests.ts'
import { hostile, hostileRequest, type Hostile } from './hostile-requests.ts'
import type { RawRequest } from './raw-request.ts'

/** As many clients as ask at a time; each has repositories and a connection of its own. */
export const CLIENTS = 16

/** One case of a run; the same for the same seed and index. */
export interface Case {
  readonly index: number
  readonly client: number
  readonly request: RawRequest
  /** How it was made; absent: it is what a normal client sends to what is its own. */
  readonly hostile?: Hostile
}

export function generate(seed: number, index: number): Case {
  const random = new Random(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b))
  const client = index % CLIENTS
  if (random.below(5) < 2) return { index, client, request: clientRequest(random, client) }
  const made = hostile(random)
  return { index, client, request: hostileRequest(made), hostile: made }
}
