/** A kind of token that the registry accepts and rauth refuses. */
export interface Leniency {
  readonly reason: string
  /** What rauth refuses it for. */
  readonly details: readonly string[]
  /** Names in the corpus. */
  readonly families: readonly string[]
}

const ANYWHERE = ['a byte replaced anywhere', 'a byte more anywhere', 'a byte less anywhere']

const below = (part: string, families: readonly string[]) =>
  families.map((family) => `${part}: ${family}`)

/**
 * Where distribution is laxer than rauth: the allowed direction, since whatever rauth signs is good
 * for both and what somebody else made of it is refused at the gateway. A closed list: a kind that is
 * not here fails the test, and so does a row of which nothing is seen any more.
 */
export const LENIENCIES: readonly Leniency[] = [
  {
    reason: 'the registry allows clocks to differ by 60 s, rauth by 10 s',
    details: ['expired', 'not valid yet'],
    families: below('time', [
      "is over, within the registry's leeway alone",
      "begins soon, within the registry's leeway alone",
    ]),
  },
  {
    reason: 'the registry has no bound on the lifetime and does not read iat',
    details: ['lifetime', 'issued in the future'],
    families: [
      ...below('time', [
        'lives longer than rauth issues',
        'was issued in the future',
        'was issued long ago',
        'ends before it was issued',
      ]),
      ...below('claims', ['exp in a year', 'exp in milliseconds', 'zero as iat', ...ANYWHERE]),
    ],
  },
  {
    reason: 'the registry demands of all claims only iss, aud and exp',
    details: ['claims'],
    families: below('claims', [
      ...['sub', 'nbf', 'iat', 'jti', 'access', 'rauth'].flatMap((name) => [
        `no ${name}`,
        `null as ${name}`,
      ]),
      ...['sub', 'jti'].map((name) => `an empty text as ${name}`),
      'a long sub',
      ...['nbf', 'iat'].map((name) => `a negative number as ${name}`),
      ...['exp', 'iat'].map((name) => `a number beyond the safe ones as ${name}`),
    ]),
  },
  {
    reason: 'the registry does not know the claim rauth, nor any other that is not its own',
    details: ['claims'],
    families: below('claims', [
      ...[
        ...['true', 'zero', 'a negative number', 'a fraction', 'a huge number', 'an empty text'],
        ...['a number beyond the safe ones', 'a text', 'a list', 'a list of a text', 'an object'],
      ].map((value) => `${value} as rauth`),
      'rauth with a member more',
      'rauth with nobody in it',
      'rauth with a triple',
      'a claim more',
      'a claim more with an empty name',
      '__proto__',
    ]),
  },
  {
    reason: 'to the registry what is missing in an entry of access is empty, and more is nothing',
    details: ['claims'],
    families: below('access', [
      ...['no type', 'no type beside a good one', 'an empty type'],
      ...['no name', 'an empty name', 'a name that is null'],
      ...['no actions', 'actions that are null', 'an action that is null', 'an empty action'],
      ...['a class', 'a member more', 'a member twice in other case', 'members in upper case'],
      ...['17 actions', '65 entries'],
    ]),
  },
  {
    reason: 'the registry reads JSON in any spelling',
    details: ['claims', 'header'],
    families: ['claims', 'header'].flatMap((part) =>
      below(part, [
        ...['a space before', 'a space behind', 'a newline behind', 'white space inside'],
        ...['an escape in a name', 'an escape in a value', 'an escaped slash'],
        ...['a member in other case', 'bytes that are not UTF-8', ...ANYWHERE],
      ]),
    ),
  },
  {
    reason: 'registry 2.8 takes the last of a member that is there twice',
    details: ['claims', 'header'],
    families: ['claims', 'header'].flatMap((part) =>
      below(part, [
        'a member twice, the same',
        'a member twice, other first',
        'a member twice, other last',
      ]),
    ),
  },
  {
    reason: 'registry 3 takes a list of audiences',
    details: ['claims'],
    families: below('claims', ['aud in a list', 'aud in a list with another']),
  },
  {
    reason: 'the registry has no bound on the length of a token but that of headers',
    details: ['too long'],
    families: ['claims: a token that is too long'],
  },
  {
    reason: 'the registry does not read typ, cty and parameters that it does not know',
    details: ['header'],
    families: below('header', [
      ...['another typ', 'the typ of a refresh token', 'typ that is no text', 'no typ'],
      'cty that says it is a token',
      ...['a parameter more', '__proto__', 'an empty crit'],
      ...['b64', 'a critical b64', 'jwk that is null'],
    ]),
  },
  {
    reason: 'registry 2.8 does not read crit',
    details: ['header'],
    families: below('header', ['crit', 'a critical b64 that is false']),
  },
  {
    reason: 'the registry takes the key from x5c, and then reads neither kid nor jwk',
    details: ['key unknown', 'algorithm', 'header'],
    families: below('header', [
      ...['an unknown kid', 'a kid that is no text', 'no kid', 'the kid of another own key'],
      ...['jwk of the key itself', 'jwk that is empty', ...ANYWHERE],
    ]),
  },
  {
    // Why nothing but rauth's keys may be under that CA.
    reason: 'the registry trusts every certificate under the CA in rootcertbundle',
    details: ['key unknown', 'x5c'],
    families: [
      'signed by a sibling that says so',
      'signed by a sibling, with its x5c under our kid',
    ],
  },
  {
    reason: 'the registry reads the first certificate of x5c and takes the others as a help',
    details: ['x5c'],
    families: below('x5c', [
      ...['the chain with the CA', 'the leaf twice', 'a newline in the base64'],
      ...["a sibling's certificate behind", "a stranger's certificate behind"],
    ]),
  },
  {
    reason: 'an x5c without anything in it is none, and the kid counts',
    details: ['x5c'],
    families: below('x5c', ['an empty list', 'null']),
  },
  {
    reason: 'the registry takes base64url with spare bits, 2.8 with padding too',
    details: ['spelling'],
    families: below('spelling', [
      ...['spare bits in the header', 'spare bits in the claims', 'spare bits in the signature'],
      ...['a padding behind', 'two paddings behind', ...ANYWHERE],
    ]),
  },
  {
    reason: 'HTTP takes white space off the end of a header, before the registry sees it',
    details: ['spelling'],
    families: below('spelling', ['a space behind', 'a tab behind']),
  },
]
