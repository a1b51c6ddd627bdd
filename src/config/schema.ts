import { z } from 'zod'
import { ALGORITHM_NAMES } from '../token/algorithms.ts'
import { BOTH, CHANGES } from './changes-at.ts'
import { MAX_LANE_WINDOW } from '../token/fast-lane.ts'
import { auditSchema } from './audit-schema.ts'
import { controllerSchema } from './controller-schema.ts'
import { credentials, type CredentialSource } from './credentials.ts'
import { identitySchema } from './identity-schema.ts'
import { liveViewSchema } from './live-view-schema.ts'
import { tracing } from './tracing-schema.ts'
import {
  address,
  type Address,
  atOnce,
  challengeText,
  command,
  count,
  duration,
  file,
  headerName,
  namespaces,
  networks,
  readPatterns,
  realm,
  redisUrl,
  registryUrl,
  tlsFiles,
  wholeNumber,
} from './values.ts'

/** The longest that a token may be made to live, seconds. */
export const MAX_LIFETIME = 86_400

const shape = z.strictObject({
  issuer: challengeText
    .default('rauth')
    .describe("`iss` of the tokens; the registry's `auth.token.issuer`.")
    .register(CHANGES, { at: 'run time' }),
  service: challengeText
    .default('internal-registry.io')
    .describe("`aud` of the tokens; the registry's `auth.token.service`.")
    .register(CHANGES, { at: 'run time', readBy: BOTH }),
  realm: realm
    .describe("Where clients fetch tokens; the registry's `auth.token.realm`.")
    .register(CHANGES, { at: 'run time' }),
  services: z
    .array(
      z.strictObject({
        service: challengeText.describe('`aud` of the tokens of that registry.'),
        realm: realm.describe('Where its clients fetch tokens.'),
      }),
    )
    .max(32, 'must have 32 services at most')
    .default([])
    .describe(
      'More services that this one process issues tokens for, each with the realm that its registry names. The gateway stands before the main one alone: it takes no token for these. In the environment `SERVICE=REALM,…`.',
    )
    .register(CHANGES, { at: 'run time', gone: 'at once' }),
  logLevel: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('What is logged at all; a line for each decision is `info`.')
    .register(CHANGES, { at: 'run time', gone: 'at once', readBy: BOTH }),
  logFormat: z
    .enum(['auto', 'json', 'pretty'])
    .default('auto')
    .describe('Lines of JSON, or for people; `auto`: for people on a terminal.')
    .register(CHANGES, { readBy: BOTH }),
  audit: auditSchema
    .prefault({})
    .describe('The record of decisions.')
    .register(CHANGES, { readBy: BOTH }),
  secretName: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, 'must be the name of a Secret')
    .default('registry-credentials')
    .describe('Name of the credential Secret in every namespace.')
    .register(CHANGES, { readBy: BOTH }),
  token: z
    .strictObject({
      expiry: duration(60, MAX_LIFETIME)
        .prefault('5m')
        .describe('Lifetime of a token. Clients take anything below 60 s for 60 s.'),
      algorithm: z
        .enum(ALGORITHM_NAMES)
        .optional()
        .describe(
          'The algorithm to sign with, if there are keys of several; else the newest key signs.',
        )
        .register(CHANGES, { at: 'restart' }),
      pushExpiry: duration(60, MAX_LIFETIME)
        .optional()
        .describe(
          'That of a token that can do more than pull, so that a long upload ends; `expiry` if not set.',
        ),
      refresh: z
        .strictObject({
          enabled: z
            .boolean('must be true or false')
            .default(false)
            .describe('Whether there are any.')
            .register(CHANGES, { at: 'restart' }),
          expiry: duration(300, 31_536_000)
            .prefault('720h')
            .describe('One that was made to live longer ends, too, when this is made shorter.'),
        })
        .prefault({})
        .describe(
          'Refresh tokens: `docker login` then keeps one instead of the password. kubelet and containerd do not read it from there and would pull without credentials: for people, not for clusters.',
        ),
      x5c: z
        .boolean('must be true or false')
        .default(true)
        .describe('Put the certificate chain into the header: registries then need only the CA.')
        .register(CHANGES, { at: 'restart' }),
      reuse: duration(0, 60)
        .prefault('5s')
        .describe(
          'How long the same token is given to whoever asks for the same, so that many nodes that pull one image cost one signature; 0: never. It always has nine tenths of its life before it.',
        )
        .register(CHANGES, { at: 'run time', gone: 'at once' }),
      anyService: z
        .boolean('must be true or false')
        .default(false)
        .describe(
          'Issue tokens for whatever service is asked for, as docker_auth does: one key for registries of any name. The gateway takes none but those of `service` and `services`.',
        )
        .register(CHANGES, { at: 'run time', gone: 'at once' }),
      leeway: duration(0, 60)
        .prefault('10s')
        .describe("How far the clocks of rauth's replicas may differ."),
    })
    .prefault({})
    .describe('The tokens.')
    .register(CHANGES, { at: 'run time' }),
  policy: z
    .strictObject({
      public: readPatterns
        .default([])
        .describe(
          'Repositories that everyone may pull, also without credentials, such as `library/**`. `*` and `?` stay inside one part of a name, `**` does not. In the environment separated by commas.',
        )
        .register(CHANGES, { at: 'run time', gone: 'at once' }),
      shared: readPatterns
        .default([])
        .describe(
          'Repositories that every namespace may pull. Whoever owns one still does as it likes.',
        )
        .register(CHANGES, { at: 'run time', gone: 'at once' }),
      administrators: namespaces
        .default([])
        .describe(
          'Namespaces whose tokens may hold `registry:catalog:*`: they see the names of all repositories, and nothing of what is in them.',
        )
        .register(CHANGES, { at: 'run time', gone: 'at once' }),
      file: file
        .optional()
        .describe(
          'Rules in place of the own namespace and of the three above; read again when it changes.',
        ),
      format: z
        .enum(['rauth', 'docker_auth'])
        .default('rauth')
        .describe(
          '`docker_auth`: the file is a configuration of docker_auth, of which `acl` is read, and every pattern means what it means there.',
        ),
      command: command.describe(
        "Asked by the token service about what no rule is about: docker_auth's `ext_authz`.",
      ),
      kubernetes: z
        .strictObject({
          enabled: z
            .boolean('must be true or false')
            .default(false)
            .describe(
              'Whether the RBAC of a cluster decides what no rule is about: the token service has its API server review who may do what.',
            )
            .register(CHANGES, { at: 'run time', gone: 'at once' }),
          timeout: duration(1, 60)
            .prefault('2s')
            .describe('Longest time for one answer; then there is none.'),
          concurrency: atOnce(16).describe('How many are asked at a time.'),
          remember: duration(0, 300)
            .prefault('10s')
            .describe('How long an answer is one without asking again; 0s: never.'),
        })
        .prefault({})
        .describe('The access control of a Kubernetes cluster.'),
    })
    .prefault({})
    .describe('Who may do what.')
    .register(CHANGES, { at: 'run time' }),
  gateway: z
    .strictObject({
      http: z
        .enum(['envoy', 'nginx', 'traefik', 'haproxy'])
        .default('envoy')
        .describe(
          'Which proxy asks at `listen.gatewayHttp`: it decides which headers name the request that is judged. Never taken from what is asked.',
        ),
      mount: z
        .enum(['remove', 'challenge', 'deny'])
        .default('remove')
        .describe(
          'What happens to a mount from a repository that is out of reach: `remove` makes it a plain upload, `challenge` answers 401, after which most clients upload by themselves, `deny` answers 403.',
        )
        .register(CHANGES, { at: 'run time', gone: 'at once' }),
      uploadGrace: duration(0, 86_400)
        .prefault('0s')
        .describe(
          'How long after its end a token may still finish uploads: their PATCH, PUT and GET, and the PUT of a manifest. Its credential must live all the while.',
        )
        .register(CHANGES, { at: 'run time', gone: 'at once' }),
      registry: registryUrl
        .optional()
        .describe(
          'The registry behind the gateway, asked whether a tag is there that a rule lets be written once only; `catalog.registry` if not set.',
        ),
      stripAuthorization: z
        .boolean('must be true or false')
        .default(false)
        .describe(
          'Take the Authorization header off what goes to the registry: for one that checks no tokens.',
        ),
      basic: z
        .boolean('must be true or false')
        .default(false)
        .describe('Take user name and password in place of a token: for tools that fetch none.')
        .register(CHANGES, { at: 'restart' }),
      fastLane: z
        .strictObject({
          enabled: z
            .boolean('must be true or false')
            .default(false)
            .describe(
              'Whether tokens for pulls say what Envoy may let pass without asking the gateway: reads by digest of what the rules let their holder pull whole. It takes an Envoy that is configured for it; docs/fast-lane.md.',
            )
            .register(CHANGES, { at: 'run time', gone: 'at once' }),
          window: duration(1, MAX_LANE_WINDOW)
            .prefault('30s')
            .describe(
              'How long after the issue of a token, 1 s to 60 s; so long a revoked credential, or a changed policy, may still read by digest.',
            ),
        })
        .prefault({})
        .describe('Reads by digest that Envoy decides by itself.'),
    })
    .prefault({})
    .describe('What Envoy or another proxy asks about every request.')
    .register(CHANGES, { at: 'run time' }),
  keys: z
    .strictObject({
      directory: file
        .default('keys')
        .describe('Made by `rauth keys init`; or a mounted Secret with the same files.'),
      publishAhead: duration(0, 604_800)
        .prefault('5m')
        .describe(
          'How long a new key is published before it signs, counted from the start of its certificate; one that is alone signs at once. Longer than the slowest of those who must know it first: a mounted Secret takes up to 2 minutes to reach every replica, rauth 30 s to look, a cached JWKS 1 minute, and clocks differ. A registry with a `jwks` file must be restarted within it.',
        ),
      verifyOnly: z
        .boolean('must be true or false')
        .default(false)
        .describe(
          'The folder holds certificates alone, made by `rauth keys public`, and each `NAME.crt` in it is a key that verifies: for `--role gateway`. Not by itself where a `.key` is missing: in the other kind of folder taking that away is how a key is withdrawn.',
        ),
      certificate: file
        .optional()
        .describe(
          'PEM: sign with the key of this certificate, which registries trust by itself, in place of the folder. Read again when it changes, from then on nothing is signed with the old one; another key in its place needs `bindingKey`, or a restart of every replica.',
        ),
      key: file.optional().describe('Its private key, PEM.'),
      bindingKey: file
        .optional()
        .describe(
          'Beside "key": 32 bytes in base64 that bind tokens to passwords, the same for every replica, token services and gateways. Without it they are made of the private key. A secret; read at the start.',
        ),
    })
    .superRefine(({ certificate, key, bindingKey, verifyOnly }, context) => {
      const bad = (at: string, message: string) => {
        context.addIssue({ code: 'custom', path: [at], message })
      }
      if (certificate !== undefined && key === undefined)
        bad('certificate', 'needs "key" beside it')
      if (key !== undefined && certificate === undefined)
        bad('key', 'needs "certificate" beside it')
      if (bindingKey !== undefined && key === undefined)
        bad('bindingKey', 'needs "key" beside it: a folder of keys has its own binding.key')
      if (key !== undefined && verifyOnly) {
        bad('verifyOnly', 'is for a folder of public keys: it cannot stand beside "keys.key"')
      }
    })
    .prefault({})
    .describe('The keys that sign, and with which tokens are verified.'),
  identity: identitySchema
    .default([{ secrets: {} }])
    .describe(
      'Who says who somebody is, in the order in which they are asked; docs/identity.md has them all. Only in the file, never in the environment.',
    ),
  credentials: credentials
    .describe('Where the Secrets of the namespaces are.')
    .register(CHANGES, { readBy: BOTH }),
  controller: controllerSchema
    .describe(
      '`rauth controller`, which makes the Secrets of namespaces and rotates them; `rauth serve` reads none of it.',
    )
    .register(CHANGES, { at: 'run time', readBy: ['controller'] }),
  guessing: z
    .strictObject({
      failures: count(1_000_000)
        .prefault(10)
        .describe(
          'Failed logins of one user name from one network (IPv6: /64) in a window; 0: any number.',
        ),
      perNetwork: count(1_000_000)
        .prefault(200)
        .describe(
          'Failed logins from one network in a window, of whatever user names; 0: any number.',
        ),
      window: duration(1, 86_400).prefault('5m').describe('From the first failure on.'),
      redis: redisUrl
        .optional()
        .describe(
          'Where replicas count together, redis://HOST:PORT; each counts for itself without it.',
        )
        .register(CHANGES, { at: 'restart' }),
    })
    .prefault({})
    .describe('When wrong passwords are no longer looked at.')
    .register(CHANGES, { at: 'run time' }),
  trustedProxies: networks
    .default([])
    .describe(
      'Addresses and networks of the proxies before the token service: of a request from one of them the client is who X-Forwarded-For says. In the environment separated by commas.',
    )
    .register(CHANGES, { at: 'run time' }),
  clientAddress: z
    .strictObject({
      header: headerName
        .optional()
        .describe(
          'Such as X-Real-IP. A proxy must set it in each request: without it there is no token.',
        ),
      position: z
        .preprocess(wholeNumber, z.int().min(-64).max(64))
        .default(0)
        .describe(
          'Which of the addresses in it, separated by commas: 0 is the first, -1 the last.',
        ),
    })
    .prefault({})
    .describe('Where trusted proxies name the client in another header than X-Forwarded-For.')
    .register(CHANGES, { at: 'run time' }),
  pathPrefix: z
    .string()
    .regex(
      /^(?:\/[A-Za-z0-9._~-]+)*$/,
      'must be a path such as /registry, without a slash at its end',
    )
    .default('')
    .describe(
      'Stands before the paths of the token service, such as /registry: not before /health and /v2/.',
    )
    .register(CHANGES, { at: 'run time', gone: 'at once' }),
  catalog: z
    .strictObject({
      registry: registryUrl
        .optional()
        .describe(
          'The registry whose catalog rauth lists, to each only what it may pull, where the proxy in front sends `/v2/_catalog` to the token port. It must order names as distribution does. Not set: the catalog is closed.',
        ),
      timeout: duration(1, 60)
        .prefault('10s')
        .describe('Longest time for one listing. That of the proxy must be longer.'),
    })
    .prefault({})
    .describe('The names of repositories, to each caller those that it may pull.')
    .register(CHANGES, { at: 'run time', gone: 'at once' }),
  liveView: liveViewSchema,
  tracing,
  workers: z
    .union([z.literal('auto'), atOnce(1)], {
      error: 'must be auto, or a whole number from 1 to 256',
    })
    .prefault(1)
    .describe(
      'Processes that serve the same ports: more than one where a single machine has more than one core to give; `auto`: one for each. In a cluster take replicas.',
    ),
  drainDelay: duration(0, 300)
    .prefault('0s')
    .describe(
      'How long /readyz says no before the ports close, so that by then nobody sends any more.',
    )
    .register(CHANGES, { at: 'run time', gone: 'at once' }),
  drainTimeout: duration(1, 300)
    .prefault('5s')
    .describe(
      'How long requests in flight may take once the ports are closed; then they are cut. Whoever stops rauth must wait for both: `terminationGracePeriodSeconds`, `TimeoutStopSec`.',
    )
    .register(CHANGES, { at: 'run time', gone: 'at once' }),
  listen: z
    .strictObject({
      token: address
        .prefault('0.0.0.0:8080')
        .describe('/token and what belongs to it, for clients.'),
      gateway: address.prefault('0.0.0.0:9191').describe('Envoy ext_authz over gRPC.'),
      gatewayHttp: address
        .prefault('0.0.0.0:9192')
        .describe('The same over HTTP, also for other proxies.'),
      operations: address
        .prefault('0.0.0.0:9090')
        .describe(
          '/livez, /readyz, /metrics and /decisions/ID, for the cluster, and /live/ with `liveView.enabled`.',
        )
        .register(CHANGES, { readBy: BOTH }),
    })
    .prefault({})
    .describe('HOST:PORT of each port; port 0 is one that the system picks.'),
  tls: z
    .strictObject({
      token: tlsFiles.describe('Of `listen.token`.'),
      gateway: tlsFiles.describe('Of `listen.gateway`.'),
      gatewayHttp: tlsFiles.describe('Of `listen.gatewayHttp`.'),
    })
    .prefault({})
    .describe(
      'TLS of the ports, each plain without. The operations port has none: what probes and scrapes it is the cluster, and there is no secret in it.',
    ),
})

const ANY_HOST: readonly string[] = ['0.0.0.0', '::']

/** Each listener that would find its port taken, and by which of those before it. */
function samePorts(listen: Readonly<Record<string, Address>>): readonly [string, string][] {
  const all = Object.entries(listen)
  return all.flatMap(([key, { host, port }], index) => {
    const other = all
      .slice(0, index)
      .find(
        ([, one]) =>
          port !== 0 &&
          one.port === port &&
          (one.host === host || [one.host, host].some((name) => ANY_HOST.includes(name))),
      )
    return other === undefined ? [] : [[key, other[0]]]
  })
}

/** The configuration: every key with its meaning, unit and default. */
export const schema = shape.superRefine((all, context) => {
  const { service, services, policy, listen, gateway, audit } = all
  const lists = (['public', 'shared', 'administrators'] as const).filter(
    (key) => policy[key].length > 0,
  )
  if (policy.file !== undefined && lists.length > 0) {
    const message =
      `cannot stand beside ${lists.map((key) => `"policy.${key}"`).join(', ')}: a policy file is the ` +
      'whole policy; write that into it as rules, see docs/policy.md'
    context.addIssue({ code: 'custom', path: ['policy', 'file'], message })
  }
  if (policy.format !== 'rauth' && policy.file === undefined) {
    const message = 'is that of "policy.file": name one'
    context.addIssue({ code: 'custom', path: ['policy', 'format'], message })
  }
  if (policy.kubernetes.enabled && policy.command.program !== undefined) {
    const message =
      'cannot stand beside "policy.command": one of them decides what no rule is about'
    context.addIssue({ code: 'custom', path: ['policy', 'kubernetes', 'enabled'], message })
  }
  if (gateway.fastLane.enabled && audit.required) {
    const message =
      'cannot stand beside "audit.required": what Envoy lets pass by itself is recorded by Envoy, or not at all'
    context.addIssue({ code: 'custom', path: ['gateway', 'fastLane', 'enabled'], message })
  }
  for (const [key, other] of samePorts(listen)) {
    const message = `has the port of "listen.${other}": give each a port of its own`
    context.addIssue({ code: 'custom', path: ['listen', key], message })
  }
  const known = new Set([service])
  for (const [index, other] of services.entries()) {
    if (known.has(other.service)) {
      const message = 'must be another service than those before it'
      context.addIssue({ code: 'custom', path: ['services', index, 'service'], message })
    }
    known.add(other.service)
  }
})

export interface Config extends Omit<z.output<typeof schema>, 'credentials'> {
  /** The one that counts. */
  readonly credentials: CredentialSource
}
