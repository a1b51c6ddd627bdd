import { lifetimesOf } from '../config/lifetimes.ts'
import { createVerifier, type Verifier } from '../token/verifier.ts'
import type { Common } from './common.ts'

/** Tokens whose signature is remembered as good. */
const VERIFIED_TOKENS = 10_000

/** Of the tokens for the main service, the one that the gateway stands before. */
export function verifierOf({ config, keys, clock }: Common): Verifier {
  const { issuer, service, token } = config
  const { expiry, pushExpiry } = lifetimesOf(config)
  return createVerifier({
    ...{ keys, issuer, audiences: [service], clock, cacheSize: VERIFIED_TOKENS },
    ...{ leeway: token.leeway, maxLifetime: Math.max(expiry, pushExpiry) },
  })
}
