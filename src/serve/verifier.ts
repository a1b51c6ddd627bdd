import { lifetimesOf } from '../config/lifetimes.ts'
import { createVerifier, type Verifier } from '../token/verifier.ts'
import type { Common } from './common.ts'

/** Tokens whose signature is remembered as good. */
const VERIFIED_TOKENS = 10_000

/** Of the tokens of all services: whoever asks says for which one it is. */
export function verifierOf({ config, keys, clock }: Common): Verifier {
  const { issuer, service, services, token } = config
  const audiences = [service, ...services.map((other) => other.service)]
  const { expiry, pushExpiry } = lifetimesOf(config)
  return createVerifier({
    ...{ keys, issuer, audiences, clock, cacheSize: VERIFIED_TOKENS },
    ...{ leeway: token.leeway, maxLifetime: Math.max(expiry, pushExpiry) },
  })
}
