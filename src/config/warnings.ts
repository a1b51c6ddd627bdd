import { claimableRules, claimableServiceAccounts } from '../policy/claimable.ts'
import type { Finding } from '../policy/lint.ts'
import type { Dialect } from '../policy/pattern.ts'
import type { Policy } from '../policy/policy.ts'
import { EVERYTHING } from '../policy/read-pattern.ts'
import { ruleFlaws } from '../policy/rule-flaws.ts'
import { isLoopback } from './loopback.ts'
import type { Config } from './schema.ts'
import { plainListeners, TLS_LISTENERS, type TlsListener } from './tls.ts'

/**
 * What a configuration says in so many words, and what whoever reads it should hear once more; of the
 * listeners only those that are opened.
 */
export function warningsOf(
  config: Config,
  listeners: readonly TlsListener[] = TLS_LISTENERS,
): readonly string[] {
  return [
    ...[...openPatterns(config), ...openNetworks(config), ...unreadHeader(config)],
    ...[
      ...borrowedNames(config),
      ...borrowedAccounts(config),
      ...plainHooks(config),
      ...deadRealms(config),
    ],
    ...[...plainPorts(config, listeners), ...plainCollector(config)],
    ...plainLiveView(config),
  ]
}

/** Workers past the cores that this program may have. */
export function idleWorkers(workers: number, cores: number): readonly string[] {
  if (workers <= cores) return []
  return [
    `${workers} workers, and rauth may run on ${cores === 1 ? '1 core' : `${cores} cores`}: those past that ` +
      `answer no more requests, take 250 MB of memory each and make the start longer; next: workers: auto`,
  ]
}

/** Whoever may write a Secret may give it any user name; rules about accounts go by these names. */
function borrowedNames({ identity }: Config): readonly string[] {
  const kinds = identity.flatMap((source) => Object.keys(source))
  // To a token of a ServiceAccount the user name means nothing.
  const behind = kinds
    .slice(kinds.indexOf('secrets') + 1)
    .filter((kind) => kind !== 'secrets' && kind !== 'serviceAccounts')
  if (!kinds.includes('secrets') || behind.length === 0) return []
  return [
    `identity asks ${[...new Set(behind)].join(', ')} behind secrets: a Secret with a user name of theirs is ` +
      'asked first, in its own namespace; next: move secrets to the end',
  ]
}

/** No user name of a Secret has a colon, so accounts that begin with one are nobody else's. */
function borrowedAccounts({ identity }: Config): readonly string[] {
  if (identity.every(({ secrets }) => secrets === undefined)) return []
  return identity.flatMap(({ oidc }) =>
    (oidc?.identities ?? [])
      .filter(({ account: { pieces } }) => {
        const [first] = pieces
        return first?.kind !== 'literal' || !first.text.includes(':')
      })
      .map(
        ({ account: { source } }) =>
          `identity gives tokens of ${oidc?.issuer ?? ''} the account "${source}", and a Secret may have such a ` +
          `user name; next: begin it with a word and a colon, such as "ci:${source}"`,
      ),
  )
}

/**
 * What a policy gives to others than whoever wrote it may think. What is against its rules is found by
 * `flawsOf`, without it by what is quick enough for each reload.
 */
export function policyWarningsOf(
  policy: Policy,
  config: Config,
  flawsOf: (policy: Policy, dialect: Dialect) => readonly Finding[] = ruleFlaws,
): readonly string[] {
  return [
    ...(policy.rules.length === 0 ? ['the policy has no rules: everything is denied'] : []),
    ...flawsOf(policy, config.policy.format).map(({ rule, message }) => `${rule} ${message}`),
    ...[...claimable(policy, config), ...claimableAccounts(policy, config)],
    ...exempt(policy),
  ]
}

function claimable(policy: Policy, { identity }: Config): readonly string[] {
  const kinds = identity.flatMap((source) => Object.keys(source))
  if (!kinds.includes('secrets')) return []
  // Any other source says nothing of a password that is not for it.
  const before = kinds.slice(0, kinds.indexOf('secrets')).includes('users')
  return claimableRules(policy).map(
    ({ id }) =>
      `${id} is for an account of any namespace, and whoever writes a Secret chooses its user names; ` +
      `next: add the namespace whose account it is${before ? ', unless it is one of the users before secrets' : ''}`,
  )
}

function claimableAccounts(policy: Policy, { identity }: Config): readonly string[] {
  if (identity.every(({ serviceAccounts }) => serviceAccounts === undefined)) return []
  return claimableServiceAccounts(policy).map(
    ({ id }) =>
      `${id} is for a ServiceAccount of any namespace, and whoever may make one there chooses its name; ` +
      'next: add the namespace whose it is',
  )
}

/** Proxies may change what stands before it, so nothing is said of that. */
function deadRealms({ realm, services }: Config): readonly string[] {
  return [realm, ...services.map((one) => one.realm)]
    .filter((one) => !/\/(?:token|auth)$/.test(new URL(one).pathname))
    .map(
      (one) =>
        `realm ${one}: rauth answers at /token and /auth, so clients get 404 there unless a proxy rewrites the path; ` +
        'next: let it end with /token',
    )
}

function exempt({ shadows }: Policy): readonly string[] {
  return shadows.map(
    ({ id, namespace, name }) =>
      `${id} lets the namespace ${namespace?.source ?? ''} pull, push and delete ${name.source} whatever the ` +
      'rules deny it there: it is in shadow',
  )
}

function openPatterns({ policy }: Config): readonly string[] {
  const who = { public: 'everyone, also without credentials,', shared: 'every namespace' }
  return (['public', 'shared'] as const)
    .filter((key) => policy[key].includes(EVERYTHING))
    .map((key) => `policy.${key} has "${EVERYTHING}": ${who[key]} can pull every image`)
}

function plainPorts(config: Config, listeners: readonly TlsListener[]): readonly string[] {
  const plain = plainListeners(config, listeners)
  if (plain.length === 0) return []
  const names = (section: string) => plain.map((name) => `${section}.${name}`).join(', ')
  // It takes no credentials, and whoever follows this wants nobody else to reach the machine.
  const { host } = config.listen.operations
  const closed = [...plain, ...(isLoopback(host) ? [] : (['operations'] as const))]
  const loopback = closed.map((name) => `${name}: 127.0.0.1:${config.listen[name].port}`).join(', ')
  return [
    `no TLS for what other machines reach (${names('listen')}): passwords and tokens travel in the ` +
      `clear unless a mesh encrypts them; next: certificate and key at ${names('tls')}, or this machine ` +
      `alone, listen: { ${loopback} }`,
  ]
}

function plainLiveView({ liveView: { enabled, token, tokenFile }, listen }: Config) {
  const hasToken = enabled && (token ?? tokenFile) !== undefined
  if (!hasToken || isLoopback(listen.operations.host)) return []
  return [
    'no TLS for the token of the live view (listen.operations has none): it travels in the clear unless a mesh or a ' +
      'proxy encrypts it; next: reach it by kubectl port-forward, or listen on 127.0.0.1',
  ]
}

function unreadHeader({ clientAddress, trustedProxies }: Config): readonly string[] {
  if (clientAddress.header === undefined || trustedProxies.length > 0) return []
  return ['clientAddress.header is not read: trustedProxies says whose it would be']
}

function openNetworks({ trustedProxies, clientAddress }: Config): readonly string[] {
  const header = clientAddress.header ?? 'X-Forwarded-For'
  return trustedProxies
    .filter(({ prefix }) => prefix === 0)
    .map(
      ({ address }) =>
        `trustedProxies has "${address}/0": whoever asks says by ${header} who it is, and is never kept from guessing`,
    )
}

function plainHooks({ identity }: Config): readonly string[] {
  return identity
    .flatMap(({ http, ldap }) => [http, ldap].flatMap((one) => (one ? [new URL(one.url)] : [])))
    .filter(({ protocol }) => ['http:', 'ldap:'].includes(protocol))
    .filter(({ hostname }) => !isLoopback(hostname))
    .map(
      ({ host }) =>
        `no TLS to the identity source at ${host}: passwords travel in the clear unless a mesh ` +
        'encrypts them; next: an https or ldaps URL',
    )
}

function plainCollector({ tracing: { endpoint, headersFile } }: Config): readonly string[] {
  if (endpoint === undefined || headersFile === undefined) return []
  const { protocol, hostname, host } = new URL(endpoint)
  if (protocol !== 'http:' || isLoopback(hostname)) return []
  return [
    `no TLS to the collector at ${host}: what is in tracing.headersFile travels in the clear unless a mesh ` +
      'encrypts it; next: an https URL',
  ]
}
