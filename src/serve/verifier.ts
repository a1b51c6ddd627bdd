import type { Metrics } from '../adapters/ops/metrics.ts'
import type { Clock } from '../clock.ts'
import { MAX_LIFETIME, type Config } from '../config/schema.ts'
import { serviceNames } from '../config/services.ts'
import type { KeySet } from '../token/key-set.ts'
import { createVerifier, type Verifier } from '../token/verifier.ts'

/** Tokens whose signature is remembered as good: 70 to 120 MB of memory when all of them are there. */
const VERIFIED_TOKENS = 100_000

export interface VerifierParts {
  readonly config: Config
  readonly keys: KeySet
  readonly clock: Clock
  readonly metrics?: Pick<Metrics, 'lookup'>
}

/** The verifier of the tokens of all services. */
export function verifierOf({ config, keys, clock, metrics }: VerifierParts): Verifier {
  const { issuer, token } = config
  return createVerifier({
    ...{ keys, issuer, audiences: serviceNames(config), clock, cacheSize: VERIFIED_TOKENS },
    ...(metrics && { onLookup: metrics.lookup('verified_tokens') }),
    // Not that of now: tokens of before it was made shorter, or of a replica that has not heard yet, are good.
    ...{ leeway: token.leeway, maxLifetime: MAX_LIFETIME },
  })
}
