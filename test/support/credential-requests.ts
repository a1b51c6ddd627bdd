/** What a kubelet writes to a credential provider, and what it should not; one table for every program. */

/** In every token that is made here, where its signature would be: it must never be shown. */
export const SIGNATURE = 'dGhlIHNpZ25hdHVyZQ'

export const REGISTRY = 'registry.example:5000'
export const AUDIENCE = 'rauth'
export const ARGS: readonly string[] = ['--registry', REGISTRY, '--audience', AUDIENCE]

const part = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

const seconds = () => Math.floor(Date.now() / 1000)

/** A token with these claims besides those of a pod-bound one; `undefined` takes one away. */
export function tokenWith(claims: Readonly<Record<string, unknown>> = {}): string {
  const payload = {
    aud: [AUDIENCE],
    exp: seconds() + 3600,
    iat: seconds(),
    iss: 'https://kubernetes.default.svc',
    'kubernetes.io': { namespace: 'team-a', serviceaccount: { name: 'default', uid: 'a-uid' } },
    sub: 'system:serviceaccount:team-a:default',
    ...claims,
  }
  return [part({ alg: 'RS256', kid: 'a-kid' }), part(payload), SIGNATURE].join('.')
}

/** The request of a kubelet with these fields changed; `undefined` takes one away. */
export function requestWith(fields: Readonly<Record<string, unknown>> = {}): string {
  return `${JSON.stringify({
    kind: 'CredentialProviderRequest',
    apiVersion: 'credentialprovider.kubelet.k8s.io/v1',
    image: `${REGISTRY}/team-a/app`,
    serviceAccountToken: tokenWith(),
    ...fields,
  })}\n`
}

const withToken = (claims: Readonly<Record<string, unknown>>) =>
  requestWith({ serviceAccountToken: tokenWith(claims) })

/** What is answered with the token. */
export const TAKEN: readonly (readonly [what: string, document: string])[] = [
  ['as the kubelet writes it', requestWith()],
  ['over several lines', JSON.stringify(JSON.parse(requestWith()), null, 2)],
  ['without the end of the line', requestWith().trimEnd()],
  ['with an audience that is no list', withToken({ aud: AUDIENCE })],
  [
    'with annotations',
    requestWith({ serviceAccountAnnotations: { image: 'other.example/x', '"': '\\u0041' } }),
  ],
  [
    'with a field of a newer kubelet',
    requestWith({ podName: 'app-0', later: [{}, [], 1.5e3, null] }),
  ],
  [
    'with escapes where letters could be',
    requestWith().replace('team-a/app', 'team\\u002da\\/app'),
  ],
  ['of 500 KB', requestWith({ serviceAccountAnnotations: { note: 'x'.repeat(500_000) } })],
  [
    'with spaces around all',
    ` \t\r\n${requestWith().replaceAll(',', ' ,\n').replaceAll('":', '" :\t')} `,
  ],
]

/** What is refused, and what is said of it. */
export const REFUSED: readonly (readonly [what: string, document: string, said: RegExp])[] = [
  ['nothing', '', /it is empty/],
  ['an empty line', '\n', /it is empty/],
  ['no JSON', 'image: app\n', /it is no JSON document, or more than one/],
  ['half of one', requestWith().slice(0, 200), /it is no JSON document, or more than one/],
  ['two documents', requestWith() + requestWith(), /it is no JSON document, or more than one/],
  ['something behind it', `${requestWith()}x`, /it is no JSON document, or more than one/],
  ['a line end in a text', requestWith().replace('team-a', 'team\n-a'), /no JSON document/],
  ['a comma too many', requestWith().replace(/\}\n$/, ',}\n'), /no JSON document/],
  ['a number that JSON has not', requestWith({ n: 7 }).replace(':7', ':07'), /no JSON document/],
  [
    'an escape that JSON has not',
    requestWith().replace('team-a', 'team\\x2da'),
    /no JSON document/,
  ],
  ['a list', `[${requestWith().trimEnd()}]`, /it is no JSON object/],
  ['a text', '"image"', /it is no JSON object/],
  ['null', 'null', /it is no JSON object/],
  ['a key twice', requestWith().replace('{', '{"image":"other.example/x",'), /it has a key twice/],
  [
    'a key twice further in',
    requestWith({ a: 0 }).replace(':0', ':{"b":1,"\\u0062":2}'),
    /a key twice/,
  ],
  ['more than 1 MiB', requestWith({ x: 'x'.repeat(1_100_000) }), /more than 1048576 bytes/],
  ['more than 1 MiB of nothing', ' '.repeat(1_100_000), /more than 1048576 bytes/],
  [
    'v1beta1',
    requestWith({ apiVersion: 'credentialprovider.kubelet.k8s.io/v1beta1' }),
    /its apiVersion is "credentialprovider\.kubelet\.k8s\.io\/v1beta1"; next: apiVersion: credentialprovider\.kubelet\.k8s\.io\/v1 in/,
  ],
  ['no apiVersion', requestWith({ apiVersion: undefined }), /its apiVersion is missing/],
  ['an apiVersion that is no text', requestWith({ apiVersion: 1 }), /its apiVersion is no text/],
  [
    'an apiVersion that is long',
    requestWith({ apiVersion: tokenWith() }),
    /apiVersion is something long/,
  ],
  [
    'another kind',
    requestWith({ kind: 'ExecCredential' }),
    /its kind is "ExecCredential", not Cred/,
  ],
  ['no kind', requestWith({ kind: undefined }), /its kind is missing/],
  ['no image', requestWith({ image: undefined }), /it names no image/],
  ['an empty image', requestWith({ image: '' }), /it names no image/],
  ['an image that is no text', requestWith({ image: ['app'] }), /its image is no text/],
  [
    'no token',
    requestWith({ serviceAccountToken: undefined }),
    /no serviceAccountToken; next: tokenAtt/,
  ],
  ['an empty token', requestWith({ serviceAccountToken: '' }), /it has no serviceAccountToken/],
  [
    'a token that is no text',
    requestWith({ serviceAccountToken: null }),
    /serviceAccountToken is no text/,
  ],
  [
    'another registry',
    requestWith({ image: 'other.example/team-a/app' }),
    /no token for other\.example: only/,
  ],
  [
    'another port',
    requestWith({ image: 'registry.example/team-a/app' }),
    /no token for registry\.example: only/,
  ],
  [
    'a name that begins so',
    requestWith({ image: `${REGISTRY}0/app` }),
    /no token for registry\.example:50000/,
  ],
  [
    'the registry as a path',
    requestWith({ image: `other.example/${REGISTRY}/app` }),
    /for other\.example:/,
  ],
  [
    'the registry as a user',
    requestWith({ image: `${REGISTRY}@other.example/app` }),
    /no token for the image/,
  ],
  [
    'the registry behind a scheme',
    requestWith({ image: `https://${REGISTRY}/app` }),
    /no token for the image/,
  ],
  [
    'the registry as a pattern',
    requestWith({ image: '*.example:5000/app' }),
    /no token for the image \*/,
  ],
  ['no registry', requestWith({ image: 'team-a/app' }), /no token for the image team-a\/app/],
  [
    'the registry alone',
    requestWith({ image: REGISTRY }),
    /no token for the image registry\.example:5000:/,
  ],
  ['no JWT', requestWith({ serviceAccountToken: 'a password' }), /not handed on: it is no JWT/],
  [
    'two thirds of one',
    requestWith({ serviceAccountToken: 'e30.e30' }),
    /not handed on: it is no JWT/,
  ],
  ['one of no JSON', requestWith({ serviceAccountToken: `e30.${part('x')}.e30` }), /it is no JWT/],
  ['one of a list', requestWith({ serviceAccountToken: `e30.${part('[]')}.e30` }), /it is no JWT/],
  ['one whose header is none', requestWith({ serviceAccountToken: `W10.e30.e30` }), /it is no JWT/],
  ['one with a line end', requestWith({ serviceAccountToken: `${tokenWith()}\n` }), /it is no JWT/],
  ['no audience', withToken({ aud: undefined }), /not handed on: it has no aud/],
  ['an audience that is none', withToken({ aud: [AUDIENCE, 1] }), /it has no aud/],
  ['an empty audience', withToken({ aud: '' }), /it has no aud/],
  ['no audiences', withToken({ aud: [] }), /it is for nobody, and "rauth" alone is wanted/],
  [
    'another audience',
    withToken({ aud: ['https://kubernetes.default.svc'] }),
    /it is for "https:\/\/kubernetes\.default\.svc", and "rauth" alone is wanted; next: the same in serv/,
  ],
  [
    'one more audience',
    withToken({ aud: [AUDIENCE, 'vault'] }),
    /it is for "rauth", "vault", and "rauth" alone/,
  ],
  [
    'many',
    withToken({ aud: ['a', 'b', 'c', 'd'] }),
    /it is for "a", "b", "c", …, and "rauth" alone/,
  ],
  ['a number that looks like it', withToken({ aud: 1 }), /it has no aud/],
  ['no end', withToken({ exp: undefined }), /it has no exp/],
  ['an end that is no number', withToken({ exp: '4102444800' }), /it has no exp/],
  ['an end with a fraction', withToken({ exp: 4102444800.5 }), /it has no exp/],
  ['an end beyond all calendars', withToken({ exp: 1e15 }), /it has no exp/],
  [
    'one that has ended',
    withToken({ exp: 951_782_400 }),
    /it ended at 2000-02-29T00:00:00Z, and it is 20..-..-..T..:..:..Z here; next: look at the node's clock/,
  ],
]
