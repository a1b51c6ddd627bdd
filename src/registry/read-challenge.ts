/** What a Bearer challenge says (RFC 6750 §3, distribution token specification). */
export interface ReadChallenge {
  readonly realm: string
  /** Empty if it names none. */
  readonly service: string
}

/** A parameter, RFC 9110 §11.2: `name=token` or `name="quoted"`. */
const PARAMETER = /([a-z]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))/giy
const BETWEEN = /\s*(?:,\s*)*/y

/** The Bearer challenge in a WWW-Authenticate value; `undefined`: there is none that names a realm. */
export function readBearerChallenge(value: string): ReadChallenge | undefined {
  const begin = /(?:^|,)\s*Bearer\s+/i.exec(value)
  if (begin === null) return undefined
  const found = new Map<string, string>()
  let at = begin.index + begin[0].length
  for (;;) {
    PARAMETER.lastIndex = at
    const match = PARAMETER.exec(value)
    if (match === null) break
    const [, name = '', quoted, token = ''] = match
    found.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? token)
    BETWEEN.lastIndex = PARAMETER.lastIndex
    BETWEEN.exec(value)
    at = BETWEEN.lastIndex
  }
  const realm = found.get('realm') ?? ''
  return URL.canParse(realm) ? { realm, service: found.get('service') ?? '' } : undefined
}
