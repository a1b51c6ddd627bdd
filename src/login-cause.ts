/**
 * What is wrong with a login, as far as the passwords that are known here tell: a closed set of stable codes, the
 * more telling behind the less.
 */
export const LOGIN_CAUSES = [
  ...(['username_unknown', 'password_wrong'] as const),
  ...(['credential_out_of_time', 'secret_unusable', 'password_ended'] as const),
] as const

export type LoginCause = (typeof LOGIN_CAUSES)[number]

/** The same with its words. For the record alone, never for the client; no secret is in them. */
export interface LoginTrouble {
  readonly cause: LoginCause
  readonly words: string
}

/** Of what several sources say of one login, that which leads on. */
export function moreTelling(
  one: LoginCause | undefined,
  other: LoginCause | undefined,
): LoginCause | undefined {
  if (one === undefined || other === undefined) return one ?? other
  return LOGIN_CAUSES.indexOf(other) > LOGIN_CAUSES.indexOf(one) ? other : one
}
