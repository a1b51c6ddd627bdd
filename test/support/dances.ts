import assert from 'node:assert/strict'
import { ask, basic, type Answer } from './http.ts'

/**
 * How clients come to a token, request by request, read in their sources. Real clients do this too;
 * these are the ones, and the credentials, that no test can run a program for.
 */
export interface Dance {
  readonly client: string
  /** Where it hears of the realm: at `/v2/`, or at the request that it is about. */
  readonly learns: 'ping' | 'request'
  /** A login asks for a token without a scope, to see whether it is given one. */
  readonly login?: true
  /** What it sends to the realm: the first of these, and the next when `goesOn` says so. */
  readonly steps: (wanted: Wanted) => readonly Step[]
  readonly goesOn: (status: number, who: Who | undefined) => boolean
  /** What comes of it: method and status of each step. */
  readonly ends: Readonly<Record<Ending, string>>
}

/** The endings that are the same for all who send the same. */
export type Ending =
  'password' | 'wrong password' | 'refresh token' | 'wrong refresh token' | 'nobody'

/** Without a user name the secret is a refresh token. */
export interface Who {
  readonly username: string
  readonly secret: string
}

interface Wanted {
  readonly service: string
  readonly scopes: readonly string[]
  readonly who: Who | undefined
}

type Fields = readonly [name: string, value: string][]

interface Step {
  readonly method: 'GET' | 'POST'
  readonly fields: Fields
  readonly authorization?: string | undefined
  readonly contentType?: string
}

const FORM = 'application/x-www-form-urlencoded'
const never = () => false
const each = (scopes: readonly string[]): Fields => scopes.map((scope) => ['scope', scope])
const joined = (scopes: readonly string[]): Fields =>
  scopes.length === 0 ? [] : [['scope', scopes.join(' ')]]

/** With Basic where there is a secret, also without a user name. */
function get({ service, who }: Wanted, ...fields: readonly Fields[]): Step {
  return {
    method: 'GET',
    fields: [['service', service], ...fields.flat()],
    authorization: who && basic(who.username, who.secret),
  }
}

function post({ service, who }: Wanted, clientId: string, ...fields: readonly Fields[]): Step {
  const { username = '', secret = '' } = who ?? {}
  const grant: Fields =
    username === ''
      ? [
          ['grant_type', 'refresh_token'],
          ['refresh_token', secret],
        ]
      : [
          ['grant_type', 'password'],
          ['username', username],
          ['password', secret],
        ]
  const rest: Fields = [
    ['service', service],
    ['client_id', clientId],
  ]
  return { method: 'POST', contentType: FORM, fields: [...grant, ...rest, ...fields.flat()] }
}

const account = ({ who }: Wanted): Fields =>
  who === undefined || who.username === '' ? [] : [['account', who.username]]

/** GET with Basic, and a POST only by who holds a refresh token. */
const GET_OR_REFRESH = {
  password: 'GET 200',
  'wrong password': 'GET 401',
  'refresh token': 'POST 200',
  'wrong refresh token': 'POST 401',
  nobody: 'GET 401',
} as const satisfies Dance['ends']

export const DANCES: readonly Dance[] = [
  {
    client: 'docker engine',
    learns: 'ping',
    steps: (wanted) =>
      wanted.who?.username === ''
        ? [post(wanted, 'docker', joined(wanted.scopes))]
        : [get(wanted, account(wanted), each(wanted.scopes))],
    goesOn: never,
    ends: GET_OR_REFRESH,
  },
  {
    client: 'docker login',
    learns: 'ping',
    login: true,
    steps: (wanted) =>
      wanted.who?.username === ''
        ? [post(wanted, 'docker', [['scope', '']])]
        : [
            get(wanted, account(wanted), [
              ['client_id', 'docker'],
              ['offline_token', 'true'],
            ]),
          ],
    goesOn: never,
    ends: GET_OR_REFRESH,
  },
  {
    client: 'containerd',
    learns: 'request',
    steps: (wanted) => {
      const form = post(wanted, 'containerd-client', joined(wanted.scopes))
      const query = get(wanted, each(wanted.scopes))
      return wanted.who === undefined
        ? [query]
        : [{ ...form, contentType: `${FORM}; charset=utf-8` }, query]
    },
    goesOn: (status, who) =>
      [400, 401, 404].includes(status) || (status === 405 && who?.username !== ''),
    ends: {
      password: 'POST 200',
      'wrong password': 'POST 401, GET 401',
      'refresh token': 'POST 200',
      'wrong refresh token': 'POST 401, GET 401',
      nobody: 'GET 401',
    },
  },
  {
    client: 'BuildKit',
    learns: 'request',
    steps: (wanted) => {
      const form = post(wanted, 'buildkit-client', joined(wanted.scopes))
      const query = get(wanted, each(wanted.scopes))
      return wanted.who === undefined
        ? [query]
        : [query, { ...form, contentType: `${FORM}; charset=utf-8` }]
    },
    goesOn: (status, who) =>
      [401, 404].includes(status) || (status === 405 && who?.username !== ''),
    ends: {
      password: 'GET 200',
      'wrong password': 'GET 401, POST 401',
      'refresh token': 'GET 200',
      'wrong refresh token': 'GET 401, POST 401',
      nobody: 'GET 401',
    },
  },
  {
    client: 'crane',
    learns: 'ping',
    // The scopes of a challenge go back as they came, in one value.
    steps: (wanted) =>
      wanted.who?.username === ''
        ? [
            post(wanted, 'go-containerregistry', joined(wanted.scopes)),
            get({ ...wanted, who: undefined }, joined(wanted.scopes)),
          ]
        : [get(wanted, joined(wanted.scopes))],
    goesOn: (status) => status === 404,
    ends: GET_OR_REFRESH,
  },
  {
    client: 'containers/image',
    learns: 'ping',
    steps: (wanted) =>
      wanted.who?.username === ''
        ? [post(wanted, 'containers/image', each(wanted.scopes))]
        : [get(wanted, account(wanted), each(wanted.scopes))],
    goesOn: never,
    ends: GET_OR_REFRESH,
  },
  {
    client: 'oras',
    learns: 'request',
    steps: (wanted) =>
      wanted.who?.username === ''
        ? [post(wanted, 'oras-go', joined(wanted.scopes))]
        : [get(wanted, each(wanted.scopes))],
    goesOn: never,
    ends: GET_OR_REFRESH,
  },
  {
    client: 'helm registry login',
    learns: 'ping',
    login: true,
    steps: (wanted) =>
      wanted.who === undefined ? [get(wanted)] : [post(wanted, 'oras-go'), get(wanted)],
    // It tries the other way whatever came, and a refresh token is no password there.
    goesOn: (_status, who) => who?.username !== '',
    ends: {
      password: 'POST 200',
      'wrong password': 'POST 401, GET 401',
      'refresh token': 'POST 200',
      'wrong refresh token': 'POST 401',
      nobody: 'GET 401',
    },
  },
  {
    client: 'OCI conformance',
    learns: 'request',
    // Nobody is for it an empty user name with an empty password.
    steps: (wanted) => {
      const { username, secret } = wanted.who ?? { username: '', secret: '' }
      return [get({ ...wanted, who: { username, secret } }, joined(wanted.scopes))]
    },
    goesOn: never,
    ends: {
      ...GET_OR_REFRESH,
      'refresh token': 'GET 200',
      'wrong refresh token': 'GET 401',
    },
  },
]

export interface Question {
  /** Of the registry, or of what stands before it. */
  readonly port: number
  /** The request that it is about. */
  readonly method: string
  readonly path: string
  /** What the client asks for beyond the scope of the challenge. */
  readonly scopes: readonly string[]
  readonly who: Who | undefined
}

export interface End {
  /** `POST 401, GET 200` */
  readonly way: string
  /** Of the last answer. */
  readonly answer: Answer
  /** Absent where the dance ended without. */
  readonly token?: string
}

/** Dances to the end, from the first 401 to the last answer of the realm. */
export async function dance(dancer: Dance, question: Question): Promise<End> {
  const { port, path, method } = question
  const first = await (dancer.learns === 'ping' ? ask(port, '/v2/') : ask(port, path, { method }))
  assert.equal(first.status, 401, 'no challenge')
  const challenge = challengeOf(first)
  const heard = (challenge['scope'] ?? '').split(' ').filter((scope) => scope !== '')
  const scopes = dancer.login === true ? [] : [...new Set([...heard, ...question.scopes])]
  const wanted = { service: challenge['service'] ?? '', scopes, who: question.who }
  const realm = new URL(challenge['realm'] ?? '')
  const way: string[] = []
  let answer: Answer | undefined
  for (const step of dancer.steps(wanted)) {
    if (answer !== undefined && !dancer.goesOn(answer.status, question.who)) break
    answer = await send(realm, step)
    way.push(`${step.method} ${answer.status}`)
    if (answer.status === 200) break
  }
  assert.ok(answer !== undefined, 'a dance without a step')
  if (answer.status !== 200) return { way: way.join(', '), answer }
  const { access_token } = JSON.parse(answer.body) as { access_token: string }
  return { way: way.join(', '), answer, token: access_token }
}

/** Parameters of a Bearer challenge. */
export function challengeOf({ headers }: Answer): Readonly<Record<string, string>> {
  const header = headers['www-authenticate'] ?? ''
  assert.match(header, /^Bearer /)
  const pairs = [...header.matchAll(/(\w+)="([^"]*)"/g)]
  return Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, value]))
}

function send(realm: URL, { method, fields, authorization, contentType }: Step): Promise<Answer> {
  const encoded = new URLSearchParams(fields).toString()
  const headers = {
    ...(authorization === undefined ? {} : { authorization }),
    ...(contentType === undefined ? {} : { 'content-type': contentType }),
  }
  const port = Number(realm.port)
  return method === 'GET'
    ? ask(port, `${realm.pathname}?${encoded}`, { headers })
    : ask(port, realm.pathname, { method, headers, body: encoded })
}
