import { isRepositoryName } from '../../src/registry/repository-name.ts'
import { parseScopes } from '../../src/registry/scope.ts'
import type { Outcome } from './outcome.ts'
import type { TokenRequest } from './request.ts'
import type { Entry, World } from './world.ts'

/** What docker_auth and rauth are known to decide in different ways: a row of docs/docker-auth.md each. */
export interface Difference {
  /** What the row begins with. */
  readonly row: string
  /** Whether a request is one of these. */
  readonly applies: (request: TokenRequest, world: World) => boolean
  /** docker_auth's outcome → the one that is rauth's. */
  readonly expected: (
    docker: Outcome,
    request: TokenRequest,
    world: World,
  ) => Outcome | 'any access'
}

const outcome = (kind: Outcome['kind']) => (): Outcome => ({
  ...{ kind, access: [], subject: '', audience: '', lifetime: 0 },
})

const parametersOf = ({ query, form }: TokenRequest) => new URLSearchParams(form ?? query)

const namedOf = (request: TokenRequest) => parametersOf(request).get('account') ?? ''

/** Whether the proxy in front names the client. */
const isLocated = ({ headers }: TokenRequest, { realIp }: World) => {
  if (realIp === undefined) return true
  const hops = headers[realIp.header]?.split(',') ?? []
  return hops.length > realIp.position && !hops.includes('unknown')
}

const unlessOver = (docker: Outcome, next: Outcome) =>
  docker.kind === 'malformed' || docker.kind === 'none' ? docker : next

const presentsNothing = ({ presents }: TokenRequest) => presents === 'nothing'

const resourceOf = (scope: string) => scope.slice(0, scope.lastIndexOf(':'))

/** Text that means something in a glob or an expression. */
const SPECIAL = /[\\.+*?()|[\]{}^$]/

const FIELDS = { account: 'account', type: '', name: 'name', service: 'service' } as const

/** The fields of which an entry names what its expressions catch. */
function capturedIn({ match }: Entry): readonly (keyof typeof FIELDS)[] {
  const patterns = Object.values(match).filter((one) => typeof one === 'string')
  return Object.keys(FIELDS).filter((field): field is keyof typeof FIELDS =>
    patterns.some((pattern) => pattern.includes(`\${${field}:`)),
  )
}

/** In the order in which rauth comes to them. */
export const DIFFERENCES: readonly Difference[] = [
  {
    row: 'captured text',
    applies: ({ account, scopes }, { acl = [] }) =>
      acl.some((entry) =>
        capturedIn(entry).some((field) =>
          field === 'account'
            ? SPECIAL.test(account)
            : field === 'name' && scopes.some((scope) => SPECIAL.test(resourceOf(scope))),
        ),
      ),
    expected: (docker) => (docker.kind === 'granted' ? 'any access' : docker),
  },
  {
    row: 'a name that is none',
    applies: ({ scopes }) =>
      scopes.some((scope) => {
        const [, type, name = ''] = /^(repository):(.*):/.exec(scope) ?? []
        return type !== undefined && !isRepositoryName(name)
      }),
    expected: (docker) => ({
      ...docker,
      access: docker.access.filter((scope) => {
        const name = /^repository:(.*):/.exec(scope)?.[1]
        return name === undefined || isRepositoryName(name)
      }),
    }),
  },
  {
    row: '`*` beside other actions',
    applies: ({ scopes }) => scopes.some((scope) => scope.includes('*')),
    expected: (docker, { scopes }) => {
      const starred = scopes.filter((scope) => scope.includes('*')).map(resourceOf)
      return {
        ...docker,
        access: docker.access.filter(
          (scope) => !starred.includes(resourceOf(scope)) || scope.endsWith(':*'),
        ),
      }
    },
  },
  {
    row: 'nobody, for whom nothing is allowed',
    applies: presentsNothing,
    expected: (docker) =>
      docker.kind === 'granted' && docker.access.length === 0 ? outcome('refused')() : docker,
  },
  {
    row: 'nobody, to `ext_auth`',
    applies: (request, { users, outside = {} }) =>
      presentsNothing(request) && !Object.hasOwn(users, '') && Object.hasOwn(outside, ''),
    expected: (docker) => unlessOver(docker, outcome('refused')()),
  },
  {
    row: 'a password without a user name',
    applies: ({ headers }) => headers['authorization'] === 'Basic Ong=',
    expected: (docker) => unlessOver(docker, outcome('refused')()),
  },
  {
    row: '`account`',
    applies: (request, world) =>
      isLocated(request, world) && namedOf(request) !== '' && namedOf(request) !== request.account,
    // Who it is comes first, and of a stranger the command can't tell.
    expected: (_, { account }, { outside }) =>
      outcome(account === 'stranger' && outside !== undefined ? 'failed' : 'refused')(),
  },
  {
    row: 'no `service`',
    applies: ({ service }) => service === '',
    expected: outcome('malformed'),
  },
  {
    row: '`real_ip_pos` behind the last address',
    applies: (_, { realIp }) => realIp !== undefined && realIp.position > 0,
    expected: (docker) => (docker.kind === 'none' ? outcome('malformed')() : docker),
  },
  {
    row: 'a scope that is none',
    applies: ({ scopes }) => !parseScopes(scopes).ok,
    expected: outcome('malformed'),
  },
  {
    row: 'a form without `grant_type`',
    applies: (request) => request.method === 'POST' && !parametersOf(request).has('grant_type'),
    expected: outcome('malformed'),
  },
]

/** Requests that rauth reads as another one, and that docker_auth is asked in that form. */
export const REWRITTEN: readonly {
  readonly row: string
  readonly rewrite: (request: TokenRequest) => TokenRequest | undefined
}[] = [
  {
    row: 'several spaces between scopes',
    rewrite(request) {
      const { query, form } = request
      const single = (text: string) => text.replaceAll('++', '+')
      if (!(form ?? query).includes('++')) return undefined
      return {
        ...request,
        query: single(query),
        ...(form === undefined ? {} : { form: single(form) }),
      }
    },
  },
  {
    row: 'several colons in a name',
    rewrite(request) {
      const { scopes, query, form } = request
      const odd = scopes.filter((scope) => scope.split(':').length > 4)
      if (odd.length === 0) return undefined
      const without = (text: string) => {
        const parameters = new URLSearchParams(text)
        const kept = parameters
          .getAll('scope')
          .map((value) => value.split(' ').filter((scope) => !odd.includes(scope)))
          .filter((values) => values.length > 0)
        parameters.delete('scope')
        for (const values of kept) parameters.append('scope', values.join(' '))
        return parameters.toString()
      }
      return {
        ...{ ...request, query: without(query) },
        ...(form === undefined ? {} : { form: without(form) }),
      }
    },
  },
]
