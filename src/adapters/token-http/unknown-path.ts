import { loggedPath } from '../../registry/request.ts'

/** What the paths of token services, of registries and of whoever asks for their health are made of. */
const WORDS: ReadonlySet<string> = new Set([
  ...['', 'token', 'auth', 'oauth2', 'service', 'login', 'v1', 'v2', '_catalog', 'metrics'],
  ...['health', 'healthz', 'livez', 'readyz', 'jwks', 'jwks.json'],
  ...['.well-known', 'openid-configuration'],
])

/**
 * The path of a request that there is no route for, for its record: whoever set a realm sees what was wrong with it.
 * People type passwords anywhere, so of its parts only known words are shown, and how long the others are.
 */
export function unknownPath(target: string, pathPrefix: string): string {
  const own = new Set(pathPrefix.split('/'))
  const parts = loggedPath(target).split('/')
  const shown = (part: string) =>
    own.has(part) || WORDS.has(part.toLowerCase()) || /^<\d+>$/.test(part)
  return parts.map((part) => (shown(part) ? part : `<${part.length}>`)).join('/')
}
