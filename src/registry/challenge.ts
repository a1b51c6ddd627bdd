/** A quoted-string, RFC 9110 §5.6.4. Control characters would end the header: none may come here. */
function quoted(text: string): string {
  if (!/^[\x20-\x7e]*$/.test(text)) throw new TypeError('not printable ASCII in a challenge')
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

export interface BearerChallenge {
  readonly realm: string
  readonly service: string
  /** What a better token needs, in scope grammar. */
  readonly scope?: string
  readonly error?: 'invalid_token' | 'insufficient_scope'
}

/** WWW-Authenticate that sends clients to the realm, spelled as the registry itself spells it. */
export function bearerChallenge({ realm, service, scope, error }: BearerChallenge): string {
  const parameters = [
    `realm=${quoted(realm)}`,
    `service=${quoted(service)}`,
    ...(scope === undefined || scope === '' ? [] : [`scope=${quoted(scope)}`]),
    ...(error === undefined ? [] : [`error=${quoted(error)}`]),
  ]
  return `Bearer ${parameters.join(',')}`
}

/** RFC 7617 §2. */
export function basicChallenge(realm: string): string {
  return `Basic realm=${quoted(realm)}, charset="UTF-8"`
}
