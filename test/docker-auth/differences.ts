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
  readonly expected: (docker: Outcome, request: TokenRequest) => Outcome | 'any access'
}

const outcome = (kind: Outcome['kind']) => (): Outcome => ({
  ...{ kind, access: [], subject: '', audience: '', lifetime: 0 },
})

const parametersOf = ({ query, form }: TokenRequest) => new URLSearchParams(form ?? query)

const namedOf = (request: TokenRequest) => parametersOf(request).get('account') ?? ''

const presentsNothing = ({ presents }: TokenRequest) => presents === 'nothing'

const resourceOf = (scope: string) => scope.slice(0, scope.lastIndexOf(':'))

/** Text that means something in a glob or an expression. */
const SPECIAL = /[\\.+*?()|[\]{}^$]/

const FIELDS = { account: 'account', type: '', name: 'name', service: 'service' } as const

/** The fields of which an entry names what its expressions catch. */
function capturedIn({ match }: Entry): readonly (keyof typeof FIELDS)[] {
  const { labels: _, ...patterns } = match
  return Object.keys(FIELDS).filter((field): field is keyof typeof FIELDS =>
    Object.values(patterns).some((one) => typeof one === 'string' && one.includes(`\${${field}:`)),
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
    applies: ({ scopes }) => scopes.some((scope) => /[,:]\*,|,\*$/.test(scope)),
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
    expected: (docker) => (docker.kind === 'malformed' ? docker : outcome('refused')()),
  },
  {
    row: 'a password without a user name',
    applies: ({ headers }) => headers['authorization'] === 'Basic Ong=',
    expected: (docker) => (docker.kind === 'malformed' ? docker : outcome('refused')()),
  },
  {
    row: '`account`',
    applies: (request) => namedOf(request) !== '' && namedOf(request) !== request.account,
    expected: outcome('refused'),
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
    applies: (request) =>
      request.method === 'POST' && !parametersOf(request).has('grant_type'),
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
      return { ...request, query: single(query), ...(form === undefined ? {} : { form: single(form) }) }
    },
  },
]
