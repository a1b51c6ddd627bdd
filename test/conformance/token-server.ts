import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { expect, NotOffered } from './clause.ts'

/** What the suite is told of the server under test. */
export interface Target {
  /** Where clients fetch tokens: the realm. */
  readonly tokenUrl: string
  readonly service: string
  readonly username: string
  readonly password: string
  /** A repository that the user may pull and push. */
  readonly own: string
  /** One that the user may neither pull nor push. */
  readonly foreign: string
  /** One that everyone may pull, also without credentials. */
  readonly public?: string
  /** URL of a registry that takes the tokens. */
  readonly registry?: string
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** The body, if it is a JSON object. */
  readonly json: Readonly<Record<string, unknown>> | undefined
}

export type Pairs = readonly (readonly [name: string, value: string])[]

export interface AccessEntry {
  readonly type: unknown
  readonly name: unknown
  readonly actions: unknown
}

export interface DecodedToken {
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
  readonly access: readonly AccessEntry[]
}

/** Longest wait for an answer, milliseconds. */
const PATIENCE = 20_000

const WRONG_PASSWORD = 'no-such-password'

/** The server under test as a client sees it. */
export class TokenServer {
  readonly target: Target
  #wrongPassword: Promise<Answer> | undefined
  #wrongGrant: Promise<Answer> | undefined

  constructor(target: Target) {
    this.target = target
  }

  basic(username = this.target.username, password = this.target.password): string {
    return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  }

  /** Basic of the credentials that the suite was given, the service, and these parameters. */
  get(pairs: Pairs = [], authorization: string | null = this.basic()): Promise<Answer> {
    return this.getRaw([['service', this.target.service], ...pairs], authorization)
  }

  getRaw(pairs: Pairs, authorization: string | null): Promise<Answer> {
    const url = new URL(this.target.tokenUrl)
    for (const [name, value] of pairs) url.searchParams.append(name, value)
    return ask(url, { headers: authorization === null ? {} : { authorization } })
  }

  /** GET for scopes, each in a parameter of its own. */
  scopes(...scopes: readonly string[]): Promise<Answer> {
    return this.get(scopes.map((scope) => ['scope', scope]))
  }

  post(pairs: Pairs, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return ask(new URL(this.target.tokenUrl), {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: formOf(pairs),
    })
  }

  /** The form of a password grant; other pairs come behind. */
  passwordForm(more: Pairs = [], password = this.target.password): Pairs {
    return [
      ['grant_type', 'password'],
      ['service', this.target.service],
      ['client_id', 'token-conformance'],
      ['username', this.target.username],
      ['password', password],
      ...more,
    ]
  }

  refreshForm(refreshToken: string, more: Pairs = []): Pairs {
    return [
      ['grant_type', 'refresh_token'],
      ['service', this.target.service],
      ['client_id', 'token-conformance'],
      ['refresh_token', refreshToken],
      ...more,
    ]
  }

  /** A password grant, if the server has POST at all. */
  async postGrant(more: Pairs = []): Promise<Answer> {
    const answer = await this.post(this.passwordForm(more))
    if (hasNoPost(answer)) throw new NotOffered(`POST: ${answer.status}`)
    return answer
  }

  /**
   * What a wrong password is answered, to a GET and to a form. Asked once: servers count failed logins,
   * and must not take the suite for somebody who guesses.
   */
  wrongPassword(): Promise<Answer> {
    return (this.#wrongPassword ??= this.get([], this.basic(undefined, WRONG_PASSWORD)))
  }

  wrongGrant(): Promise<Answer> {
    return (this.#wrongGrant ??= this.post(this.passwordForm([], WRONG_PASSWORD)))
  }

  /** A refresh token, if the server gives any. */
  async refreshToken(): Promise<string> {
    const answer = await this.get([
      ['offline_token', 'true'],
      ['client_id', 'token-conformance'],
    ])
    const token = answer.json?.['refresh_token']
    if (typeof token !== 'string') throw new NotOffered('no refresh_token for offline_token=true')
    return token
  }

  registry(path: string, authorization?: string): Promise<Answer> {
    const { registry } = this.target
    if (registry === undefined) throw new NotOffered('no --registry')
    return ask(new URL(path, registry), {
      headers: authorization === undefined ? {} : { authorization },
    })
  }

  publicRepository(): string {
    if (this.target.public === undefined) throw new NotOffered('no --public')
    return this.target.public
  }

  scope(actions: string, repository = this.target.own): string {
    return `repository:${repository}:${actions}`
  }
}

function formOf(pairs: Pairs): string {
  const form = new URLSearchParams()
  for (const [name, value] of pairs) form.append(name, value)
  return form.toString()
}

export function hasNoPost({ status }: Answer): boolean {
  return [404, 405, 501].includes(status)
}

interface Question {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export function ask(url: URL, { method = 'GET', headers = {}, body }: Question): Promise<Answer> {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    const options = { method, agent: false, headers: { ...length, ...headers } }
    const outgoing = request(url, options, (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (chunk: string) => (text += chunk))
      answer.on('error', reject)
      answer.on('end', () => {
        const flat = Object.entries(answer.headers).map(([name, value]) => [name, String(value)])
        resolve({
          status: answer.statusCode ?? 0,
          headers: Object.fromEntries(flat) as Record<string, string>,
          body: text,
          json: objectOf(text),
        })
      })
    })
    outgoing.setTimeout(PATIENCE, () => outgoing.destroy(new Error('no answer')))
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

function objectOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** The token of an answer that must have one, as most clients read it. */
export function tokenOf(answer: Answer): string {
  expect(answer.status === 200, `status ${answer.status}, 200 expected`)
  const token = answer.json?.['access_token'] ?? answer.json?.['token']
  expect(typeof token === 'string' && token !== '', 'no token in the answer')
  return token
}

/** What a token says, if it is a JWT; the specification lets it be anything. */
export function decode(token: string): DecodedToken {
  const [header = '', payload = '', signature, ...more] = token.split('.')
  const [head, claims] = [header, payload].map((part) =>
    objectOf(Buffer.from(part, 'base64url').toString('utf8')),
  )
  if (head === undefined || claims === undefined || signature === undefined || more.length > 0) {
    throw new NotOffered('the token is not a JWT')
  }
  const access = claims['access'] ?? []
  expect(Array.isArray(access), 'access is no list')
  return { header: head, claims, access: access as readonly AccessEntry[] }
}

/** Actions that an answer's token holds on a repository, sorted. */
export function actionsOn(answer: Answer, repository: string): readonly string[] {
  const { access } = decode(tokenOf(answer))
  return access
    .filter(({ type, name }) => type === 'repository' && name === repository)
    .flatMap(({ actions }) => (Array.isArray(actions) ? actions.map(String) : []))
    .sort()
}

/** Fails unless the token holds exactly these actions on the repository. */
export function expectActions(answer: Answer, repository: string, ...wanted: readonly string[]) {
  const held = actionsOn(answer, repository)
  expect(
    held.join() === [...wanted].sort().join(),
    `the token holds [${held.join()}] there, [${wanted.join()}] expected`,
  )
}

/** A refusal of the client's, not a failure of the server's and no token. */
export function expectRefusal(answer: Answer, ...statuses: readonly number[]) {
  const wanted = statuses.length === 0 ? '4xx' : statuses.join(' or ')
  const right =
    statuses.length === 0
      ? answer.status >= 400 && answer.status < 500
      : statuses.includes(answer.status)
  expect(right, `status ${answer.status}, ${wanted} expected`)
}
