import { z } from 'zod'
import { ALGORITHM_NAMES } from '../token/algorithms.ts'
import { credentials, type CredentialSource } from './credentials.ts'
import { identitySchema } from './identity-schema.ts'
import {
  address,
  type Address,
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

const shape = z.strictObject({
  /** `iss` of the tokens; the registry's `auth.token.issuer`. */
  issuer: challengeText.default('rauth'),
  /** `aud` of the tokens; the registry's `auth.token.service`. */
  service: challengeText.default('internal-registry.io'),
  /** Where clients fetch tokens; the registry's `auth.token.realm`. */
  realm,
  /**
   * More services that this one process issues tokens for, each with the realm that its registry
   * names. The gateway stands before the main one alone: it takes no token for these. In the
   * environment `SERVICE=REALM,…`.
   */
  services: z
    .array(z.strictObject({ service: challengeText, realm }))
    .max(32, 'must have 32 services at most')
    .default([]),
  logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  /** Name of the credential Secret in every namespace. */
  secretName: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, 'must be the name of a Secret')
    .default('registry-credentials'),
  token: z
    .strictObject({
      /** Lifetime of a token. Clients take anything below 60 s for 60 s. */
      expiry: duration(60, 86_400).prefault('5m'),
      /** The algorithm to sign with, if there are keys of several; else the newest key signs. */
      algorithm: z.enum(ALGORITHM_NAMES).optional(),
      /** That of a token that can do more than pull, so that a long upload ends; `expiry` if not set. */
      pushExpiry: duration(60, 86_400).optional(),
      /**
       * Refresh tokens: `docker login` then keeps one instead of the password. kubelet and containerd
       * do not read it from there and would pull without credentials: for people, not for clusters.
       */
      refresh: z
        .strictObject({
          enabled: z.boolean('must be true or false').default(false),
          /** One that was made to live longer ends, too, when this is made shorter. */
          expiry: duration(300, 31_536_000).prefault('720h'),
        })
        .prefault({}),
      /** Put the certificate chain into the header: registries then need only the CA. */
      x5c: z.boolean('must be true or false').default(true),
      /**
       * How long the same token is given to whoever asks for the same, so that many nodes that pull one
       * image cost one signature; 0: never. It always has nine tenths of its life before it.
       */
      reuse: duration(0, 60).prefault('5s'),
      /**
       * Issue tokens for whatever service is asked for, as docker_auth does: one key for registries of any
       * name. The gateway takes none but those of `service` and `services`.
       */
      anyService: z.boolean('must be true or false').default(false),
      /** How far the clocks of rauth's replicas may differ. */
      leeway: duration(0, 60).prefault('10s'),
    })
    .prefault({}),
  policy: z
    .strictObject({
      /**
       * Repositories that everyone may pull, also without credentials, such as `library/**`. `*` and `?`
       * stay inside one part of a name, `**` does not. In the environment separated by commas.
       */
      public: readPatterns.default([]),
      /** Repositories that every namespace may pull. Whoever owns one still does as it likes. */
      shared: readPatterns.default([]),
      /**
       * Namespaces whose tokens may hold `registry:catalog:*`: they see the names of all repositories,
       * and nothing of what is in them.
       */
      administrators: namespaces.default([]),
      /**
       * Rules in place of the own namespace and of the three above; read again when it changes.
       */
      file: file.optional(),
      /**
       * `docker_auth`: the file is a configuration of docker_auth, of which `acl` is read, and every
       * pattern means what it means there.
       */
      format: z.enum(['rauth', 'docker_auth']).default('rauth'),
      /** Asked by the token service about what no rule is about: docker_auth's `ext_authz`. */
      command,
    })
    .prefault({}),
  gateway: z
    .strictObject({
      /**
       * Which proxy asks at `listen.gatewayHttp`: it decides which headers name the request that is
       * judged. Never taken from what is asked.
       */
      http: z.enum(['envoy', 'nginx', 'traefik', 'haproxy']).default('envoy'),
      /**
       * What happens to a mount from a repository that is out of reach: `remove` makes it a plain upload,
       * `challenge` answers 401, after which most clients upload by themselves, `deny` answers 403.
       */
      mount: z.enum(['remove', 'challenge', 'deny']).default('remove'),
      /**
       * How long after its end a token may still finish uploads: their PATCH, PUT and GET, and the PUT
       * of a manifest. Its credential must live all the while.
       */
      uploadGrace: duration(0, 86_400).prefault('0s'),
      /**
       * The registry behind the gateway, asked whether a tag is there that a rule lets be written once
       * only; `catalog.registry` if not set.
       */
      registry: registryUrl.optional(),
      /** Take the Authorization header off what goes to the registry: for one that checks no tokens. */
      stripAuthorization: z.boolean('must be true or false').default(false),
      /** Take user name and password in place of a token: for tools that fetch none. */
      basic: z.boolean('must be true or false').default(false),
    })
    .prefault({}),
  keys: z
    .strictObject({
      /** Made by `rauth keys init`; or a mounted Secret with the same files. */
      directory: file.default('keys'),
      /**
       * How long a new key is published before it signs, counted from the start of its certificate;
       * one that is alone signs at once. Longer than the slowest of those who must know it first: a
       * mounted Secret takes up to 2 minutes to reach every replica, rauth 30 s to look, a cached JWKS
       * 1 minute, and clocks differ. A registry with a `jwks` file must be restarted within it.
       */
      publishAhead: duration(0, 604_800).prefault('5m'),
      /**
       * The folder holds certificates alone, made by `rauth keys public`, and each `NAME.crt` in it is a
       * key that verifies: for `--role gateway`. Not by itself where a `.key` is missing: in the other
       * kind of folder taking that away is how a key is withdrawn.
       */
      verifyOnly: z.boolean('must be true or false').default(false),
      /**
       * PEM: sign with the key of this certificate, which registries trust by itself, in place of the
       * folder. Read again when it changes; there is no time in which both are good.
       */
      certificate: file.optional(),
      /** Its private key, PEM. */
      key: file.optional(),
    })
    .superRefine(({ certificate, key, verifyOnly }, context) => {
      const bad = (at: string, message: string) => {
        context.addIssue({ code: 'custom', path: [at], message })
      }
      if (certificate !== undefined && key === undefined)
        bad('certificate', 'needs "key" beside it')
      if (key !== undefined && certificate === undefined)
        bad('key', 'needs "certificate" beside it')
      if (key !== undefined && verifyOnly) {
        bad('verifyOnly', 'is for a folder of public keys: it cannot stand beside "keys.key"')
      }
    })
    .prefault({}),
  /**
   * Who says who somebody is, in the order in which they are asked; docs/identity.md has them all. Only
   * in the file, never in the environment.
   */
  identity: identitySchema.default([{ secrets: {} }]),
  credentials,
  guessing: z
    .strictObject({
      /** Failed logins of one user name from one network (IPv6: /64) in a window; 0: any number. */
      failures: count(1_000_000).prefault(10),
      /** Failed logins from one network in a window, of whatever user names; 0: any number. */
      perNetwork: count(1_000_000).prefault(200),
      /** From the first failure on. */
      window: duration(1, 86_400).prefault('5m'),
      /** Where replicas count together, redis://HOST:PORT; each counts for itself without it. */
      redis: redisUrl.optional(),
    })
    .prefault({}),
  /**
   * Addresses and networks of the proxies before the token service: of a request from one of them the
   * client is who X-Forwarded-For says. In the environment separated by commas.
   */
  trustedProxies: networks.default([]),
  /** Where trusted proxies name the client in another header than X-Forwarded-For. */
  clientAddress: z
    .strictObject({
      /** Such as X-Real-IP. A proxy must set it in each request: without it there is no token. */
      header: headerName.optional(),
      /** Which of the addresses in it, separated by commas: 0 is the first, -1 the last. */
      position: z.preprocess(wholeNumber, z.int().min(-64).max(64)).default(0),
    })
    .prefault({}),
  /** Stands before the paths of the token service, such as /registry: not before /health and /v2/. */
  pathPrefix: z
    .string()
    .regex(
      /^(?:\/[A-Za-z0-9._~-]+)*$/,
      'must be a path such as /registry, without a slash at its end',
    )
    .default(''),
  catalog: z
    .strictObject({
      /**
       * The registry whose catalog rauth lists, to each only what it may pull, where the proxy in front
       * sends `/v2/_catalog` to the token port. It must order names as distribution does. Not set: the
       * catalog is closed.
       */
      registry: registryUrl.optional(),
      /** Longest time for one listing. That of the proxy must be longer. */
      timeout: duration(1, 60).prefault('10s'),
    })
    .prefault({}),
  /** How long /readyz says no before the ports close, so that by then nobody sends any more. */
  drainDelay: duration(0, 300).prefault('0s'),
  listen: z
    .strictObject({
      token: address.prefault('0.0.0.0:8080'),
      gateway: address.prefault('0.0.0.0:9191'),
      gatewayHttp: address.prefault('0.0.0.0:9192'),
      operations: address.prefault('0.0.0.0:9090'),
    })
    .prefault({}),
  /**
   * TLS of the ports, each plain without. The operations port has none: what probes and scrapes it
   * is the cluster, and there is no secret in it.
   */
  tls: z.strictObject({ token: tlsFiles, gateway: tlsFiles, gatewayHttp: tlsFiles }).prefault({}),
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
export const schema = shape.superRefine(({ service, services, policy, listen }, context) => {
  const lists = (['public', 'shared', 'administrators'] as const).filter(
    (key) => policy[key].length > 0,
  )
  if (policy.file !== undefined && lists.length > 0) {
    const message =
      `cannot stand beside ${lists.map((key) => `"policy.${key}"`).join(', ')}: a policy file is the ` +
      'whole policy; write that into it as rules, see "Policy" in the README'
    context.addIssue({ code: 'custom', path: ['policy', 'file'], message })
  }
  if (policy.format !== 'rauth' && policy.file === undefined) {
    const message = 'is that of "policy.file": name one'
    context.addIssue({ code: 'custom', path: ['policy', 'format'], message })
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
