import { basic } from '../support/http.ts'
import type { Random } from '../support/random.ts'
import { ACCOUNTS, NAMES, PASSWORD, type World } from './world.ts'

/** A request for a token, before it is anybody's in particular. */
export interface TokenRequest {
  readonly method: 'GET' | 'POST'
  /** Behind the prefix. */
  readonly path: '/auth' | '/auth/token'
  readonly query: string
  readonly form?: string
  readonly headers: Readonly<Record<string, string>>
  /** Address of this machine that it comes from. */
  readonly from: string
  readonly account: string
  readonly presents: 'password' | 'wrong password' | 'nothing'
  readonly scopes: readonly string[]
  readonly service: string
}

const ACTIONS = [
  'pull',
  'pull,push',
  'push',
  'delete',
  'pull,push,delete',
  '*',
  'scan',
  'pull,pull',
]
const ADDRESSES = [
  '192.0.2.7',
  '10.9.9.9',
  '2001:db8::7',
  '203.0.113.5',
  '127.0.0.2',
  '[2001:db8::1]:443',
]
const SERVICES = ['reg.example', 'Docker registry', 'another']

/** What docker_auth and rauth read in different ways, each in a row of the documented differences. */
const ODD_SCOPES = [
  ...[
    'repository:Library/Base:pull',
    'repository:localhost:5000/app:pull',
    'repository:a/../b:pull',
  ],
  ...[
    'repository:app:pull,*',
    'repository:library/base:pull,*',
    'repository:ci/app:*,pull',
    'Repository:app:pull',
    'repository:app',
    'repository:app:Pull',
  ],
  ...['repository(plugin):app:pull', 'repository:app:', 'x:y:z', 'repository:a:b:c:pull'],
]

const some = (random: Random, outOf: number) => random.below(outOf) === 0

function scopeOf(random: Random): string {
  if (some(random, 12)) return 'registry:catalog:*'
  if (some(random, 25)) return random.pick(ODD_SCOPES)
  return `repository:${random.pick(NAMES)}:${random.pick(ACTIONS)}`
}

/** `apart`: each of another resource, since rauth asks a command once for one and docker_auth for each. */
function scopesOf(random: Random, apart: boolean): readonly string[] {
  const length = random.pick([0, 1, 1, 1, 1, 1, 2, 3])
  const scopes = Array.from({ length }, () => scopeOf(random))
  const resources = scopes.map((scope) => scope.slice(0, scope.lastIndexOf(':')))
  return apart ? scopes.filter((_, at) => resources.indexOf(resources[at] ?? '') === at) : scopes
}

export function requestOf(random: Random, { realIp, judged }: World): TokenRequest {
  const presents = random.pick([
    ...(['password', 'password', 'password', 'password', 'password', 'password'] as const),
    ...(['wrong password', 'nothing'] as const),
  ])
  const account = presents === 'nothing' ? '' : random.pick([...ACCOUNTS, 'stranger'])
  const password = presents === 'password' ? PASSWORD : 'wrong'
  const scopes = scopesOf(random, judged)
  const service = some(random, 40) ? '' : random.pick(SERVICES)
  const query = new URLSearchParams()
  if (service !== '') query.set('service', service)
  const named = some(random, 3) ? account : some(random, 40) ? 'somebody' : ''
  if (named !== '') query.set('account', named)
  // In one parameter or several, and rarely with two spaces in between.
  if (some(random, 2)) for (const scope of scopes) query.append('scope', scope)
  else if (scopes.length > 0) query.set('scope', scopes.join(some(random, 20) ? '  ' : ' '))
  const headers: Record<string, string> = {}
  if (realIp !== undefined && !some(random, 20)) {
    const hops = Array.from({ length: random.pick([1, 2, 3]) }, () => random.pick(ADDRESSES))
    headers[realIp.header] = some(random, 30) ? 'unknown' : hops.join(some(random, 2) ? ', ' : ',')
  }
  const common = {
    path: random.pick(['/auth', '/auth', '/auth/token'] as const),
    from: random.pick(['127.0.0.1', '127.0.0.2', '127.0.0.3']),
    ...{ account, presents, scopes, service },
  }
  if (presents !== 'nothing' && some(random, 10)) {
    // As containerd does.
    query.set('username', account)
    query.set('password', password)
    if (!some(random, 6)) query.set('grant_type', 'password')
    const form = query.toString()
    headers['content-type'] = 'application/x-www-form-urlencoded'
    return { ...common, method: 'POST', query: '', form, headers }
  }
  if (presents !== 'nothing') headers['authorization'] = basic(account, password)
  // Only those without credentials.
  else if (some(random, 4)) headers['authorization'] = basic('', random.pick(['', 'x']))
  return { ...common, method: 'GET', query: query.toString(), headers }
}
