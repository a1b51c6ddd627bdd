import type { Config } from './schema.ts'

/** How long tokens live, seconds. */
export interface Lifetimes {
  /** Of a token that is good for nothing but pulls. */
  readonly expiry: number
  /** Of any other. */
  readonly pushExpiry: number
}

export function lifetimesOf({ token }: Pick<Config, 'token'>): Lifetimes {
  return { expiry: token.expiry, pushExpiry: token.pushExpiry ?? token.expiry }
}
