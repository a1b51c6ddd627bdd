import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import type { Environment } from '../../../src/config/environment.ts'
import { parseConfig } from '../../../src/config/read.ts'
import { SETTINGS } from '../../../src/config/settings.ts'
import { warningsOf } from '../../../src/config/warnings.ts'
import { refreshAudience } from '../../../src/token/refresh-token.ts'

const MINIMAL = `realm: https://registry.example/token
keys: { directory: keys }
credentials: { directory: secrets }
`

function problems(text: string, environment: Environment = {}): string[] {
  const result = parseConfig(text, 'rauth.yaml', environment)
  return (result.problems ?? []).map(({ where, message }) => `${where}: ${message}`)
}

function read(text: string, environment: Environment = {}) {
  const result = parseConfig(text, '/etc/rauth/rauth.yaml', environment)
  if (result.problems !== undefined) assert.fail(JSON.stringify(result.problems))
  return result.config
}

describe('configuration', () => {
  it('knows a configuration of docker_auth, and says what takes one', () => {
    const text = 'token: { issuer: acme, key: x }\nserver: { addr: ":5001" }\nacl: []\n'
    assert.deepEqual(parseConfig(text, 'auth.yml', {}).problems, [
      {
        where: 'auth.yml:2:1',
        message:
          'this is a configuration of docker_auth; next: ' +
          'rauth serve --docker-auth-config auth.yml, or rauth migrate docker-auth auth.yml',
      },
    ])
  })

  it('has the documented defaults', () => {
    const config = read(MINIMAL)
    assert.equal(config.issuer, 'rauth')
    assert.equal(config.service, 'internal-registry.io')
    assert.equal(config.secretName, 'registry-credentials')
    assert.equal(config.logLevel, 'info')
    assert.equal(config.token.expiry, 300)
    assert.equal(config.token.pushExpiry, undefined)
    assert.deepEqual(config.token.refresh, { enabled: false, expiry: 2_592_000 })
    const command = { args: [], timeout: 10, concurrency: 16 }
    const lists = { public: [], shared: [], administrators: [] }
    const kubernetes = { enabled: false, timeout: 2, concurrency: 16, remember: 10 }
    assert.deepEqual(config.policy, { ...lists, command, kubernetes, format: 'rauth' })
    assert.deepEqual(config.services, [])
    assert.deepEqual(config.gateway, {
      ...{ http: 'envoy', mount: 'remove', uploadGrace: 0 },
      ...{ stripAuthorization: false, basic: false, fastLane: { enabled: false, window: 30 } },
    })
    assert.deepEqual(
      Object.values(config.listen).map(({ port }) => port),
      [8080, 9191, 9192, 9090],
    )
  })

  it('has a bound for guessing by default, and no proxies', () => {
    const { guessing, trustedProxies } = read(MINIMAL)
    assert.deepEqual(guessing, { failures: 10, perNetwork: 200, window: 300 })
    assert.deepEqual(trustedProxies, [])
  })

  it('takes numbers, lists and a Redis from the environment', () => {
    const { guessing, trustedProxies } = read(MINIMAL, {
      RAUTH_GUESSING_FAILURES: '0',
      RAUTH_GUESSING_REDIS: 'rediss://rauth:a%40b@redis.test:6380/1',
      RAUTH_TRUSTED_PROXIES: '127.0.0.1, fd00::/8',
    })
    assert.equal(guessing.failures, 0)
    assert.equal(guessing.redis?.reveal(), 'rediss://rauth:a%40b@redis.test:6380/1')
    assert.deepEqual(trustedProxies, [
      { address: '127.0.0.1', prefix: 32, family: 'ipv4' },
      { address: 'fd00::', prefix: 8, family: 'ipv6' },
    ])
  })

  it('prints nothing of a Redis address, be it right or wrong', () => {
    const canary = 'canary-of-redis'
    const right = read(`${MINIMAL}guessing: { redis: 'redis://:${canary}@redis.test' }`)
    assert.ok(!inspect(right, { depth: 9 }).includes(canary))
    assert.ok(!JSON.stringify(right).includes(canary))
    for (const wrong of [
      `${canary}@redis.test`,
      `http://:${canary}@redis.test`,
      `redis://:${canary}@redis.test/?a=b`,
      `redis://:${canary}@redis.test/zero`,
      `redis://:${canary}@`,
      `redis://:100%${canary}@redis.test`,
      `redis://:%ff${canary}@redis.test`,
    ]) {
      const [problem, ...others] = problems(`${MINIMAL}guessing: { redis: '${wrong}' }`)
      assert.match(problem ?? '', /^rauth\.yaml:4:13: "guessing\.redis" must be redis:/)
      assert.deepEqual(others, [])
      assert.ok(problem?.includes(canary) === false)
      const told = problems(MINIMAL, { RAUTH_GUESSING_REDIS: wrong })
      assert.match(told.join(), /^RAUTH_GUESSING_REDIS: /)
      assert.ok(!told.join().includes(canary))
    }
  })

  for (const wrong of ['-1', '1.5', '""', 'ten', '1000001', '[1]']) {
    it(`takes no count of ${wrong}`, () => {
      assert.match(
        problems(`${MINIMAL}guessing: { failures: ${wrong} }`).join(),
        /"guessing\.failures" /,
      )
    })
  }

  for (const wrong of [
    ...['10.0.0.0/33', '10.0.0.1/8', '10.0.0.0/08', '10.0.0', '010.0.0.0/8', 'fd00::1/8'],
    ...['::/129', 'fe80::1%eth0', 'loopback', '10.0.0.0/', '1.2.3.4:80', '[::1]', ''],
  ]) {
    it(`trusts no proxies at "${wrong}"`, () => {
      assert.match(
        problems(`${MINIMAL}trustedProxies: ["${wrong}"]`).join(),
        /^rauth\.yaml:4:18: "trustedProxies\.0" must /,
      )
    })
  }

  it('warns of trust in everybody', () => {
    const warnings = (list: string) => warningsOf(read(`${MINIMAL}trustedProxies: [${list}]`), [])
    assert.deepEqual(warnings('10.0.0.0/8, "::1"'), [])
    assert.match(warnings('0.0.0.0/0').join(), /^trustedProxies has "0\.0\.0\.0\/0"/)
    assert.match(warnings('"::/0"').join(), /^trustedProxies has "::\/0"/)
  })

  it('takes relative paths from the folder of the file', () => {
    assert.equal(read(MINIMAL).keys.directory, '/etc/rauth/keys')
  })

  it('takes the files of TLS from there, and from the environment', () => {
    const config = read(`${MINIMAL}tls: { token: { certificate: t.crt, key: /t.key } }\n`, {
      RAUTH_TLS_GATEWAY_HTTP_CERTIFICATE: 'g.crt',
      RAUTH_TLS_GATEWAY_HTTP_KEY: 'g.key',
      RAUTH_TLS_GATEWAY_HTTP_CLIENT_AUTHORITY: '/ca.crt',
    })
    assert.deepEqual(config.tls, {
      token: { certificate: '/etc/rauth/t.crt', key: '/t.key' },
      gateway: {},
      gatewayHttp: {
        ...{ certificate: '/etc/rauth/g.crt', key: '/etc/rauth/g.key' },
        clientAuthority: '/ca.crt',
      },
    })
  })

  it('says which half of a pair is not there, where the other one is', () => {
    const text = `${MINIMAL}tls:\n  token:\n    certificate: x\n  gateway: { key: x }\n`
    assert.deepEqual(problems(text, { RAUTH_TLS_GATEWAY_HTTP_CLIENT_AUTHORITY: 'x' }), [
      'rauth.yaml:6:5: "tls.token.certificate" needs "key" beside it',
      'rauth.yaml:7:14: "tls.gateway.key" needs "certificate" beside it',
      'RAUTH_TLS_GATEWAY_HTTP_CLIENT_AUTHORITY: "tls.gatewayHttp.clientAuthority" needs "certificate" and "key" beside it',
    ])
    assert.deepEqual(problems(MINIMAL.replace('directory: keys', 'bindingKey: x')), [
      'rauth.yaml:2:9: "keys.bindingKey" needs "key" beside it: a folder of keys has its own binding.key',
    ])
    assert.deepEqual(problems(`${MINIMAL}tls: { operations: { key: x } }\n`), [
      'rauth.yaml:4:8: unknown key "tls.operations"; known here: tls.token, tls.gateway, tls.gatewayHttp',
    ])
  })

  it('has no fast lane where nothing may be allowed that is not recorded', () => {
    const text = `${MINIMAL}gateway: { fastLane: { enabled: true } }\naudit: { to: ./a, required: true }\n`
    assert.match(
      problems(text).join(),
      /^rauth\.yaml:4:\d+: "gateway\.fastLane\.enabled" cannot stand beside/,
    )
    assert.match(
      problems(`${MINIMAL}gateway: { fastLane: { window: 61s } }\n`).join(),
      /"gateway\.fastLane\.window" must be a duration .* to 60 s/,
    )
  })

  it('cannot be changed afterwards', () => {
    assert.ok(Object.isFrozen(read(MINIMAL).listen.token))
  })

  it('takes each setting from the environment, over the file', () => {
    const config = read(MINIMAL, {
      RAUTH_TOKEN_EXPIRY: '1h',
      RAUTH_TOKEN_X5C: 'false',
      RAUTH_LISTEN_TOKEN: '[::1]:0',
      RAUTH_KEYS_DIRECTORY: '/keys',
    })
    assert.equal(config.token.expiry, 3600)
    assert.equal(config.token.x5c, false)
    assert.deepEqual(config.listen.token, { host: '::1', port: 0 })
    assert.equal(config.keys.directory, '/keys')
  })

  it('takes lists from the environment, separated by commas', () => {
    const config = read(`${MINIMAL}policy: { shared: [a/**] }\n`, {
      RAUTH_POLICY_PUBLIC: 'library/**, team-a/base',
      RAUTH_POLICY_SHARED: '',
      RAUTH_SERVICES: 'one.test=https://one.test/token,two.test=http://two.test/a=b',
      RAUTH_TOKEN_PUSH_EXPIRY: '15m',
      RAUTH_TOKEN_REFRESH_ENABLED: 'true',
      RAUTH_TOKEN_REFRESH_EXPIRY: '24h',
    })
    assert.deepEqual(config.policy.public, ['library/**', 'team-a/base'])
    assert.deepEqual(config.policy.shared, [])
    assert.deepEqual(config.services, [
      { service: 'one.test', realm: 'https://one.test/token' },
      { service: 'two.test', realm: 'http://two.test/a=b' },
    ])
    assert.equal(config.token.pushExpiry, 900)
    assert.deepEqual(config.token.refresh, { enabled: true, expiry: 86_400 })
  })

  it('names the variable that a wrong list came from', () => {
    assert.deepEqual(problems(MINIMAL, { RAUTH_POLICY_PUBLIC: 'a/**,*', RAUTH_SERVICES: 'one' }), [
      'RAUTH_SERVICES: "services.0.realm" is missing and has no default',
      'RAUTH_POLICY_PUBLIC: "policy.public.1" must have one part without wildcards, as in library/** or */base/**; ** alone is everything',
    ])
  })

  it('knows no service that a refresh token could be taken for', () => {
    const [problem] = problems(`${MINIMAL}service: '${refreshAudience('x')}'\n`)
    assert.match(problem ?? '', /"service" must be/)
  })

  it('gives every setting a variable of its own', () => {
    const names = SETTINGS.map(({ variable }) => variable)
    assert.equal(new Set(names).size, names.length)
    assert.ok(names.includes('RAUTH_LISTEN_GATEWAY_HTTP'))
  })

  for (const [service, variable] of [
    ['rauth', 'RAUTH'],
    ['rauth-service', 'RAUTH_SERVICE'],
    ['rauth-port', 'RAUTH_PORT'],
    ['rauth-token-service-host', 'RAUTH_TOKEN_SERVICE_HOST'],
  ] as const) {
    it(`is not confused by what Kubernetes injects for a Service named ${service}`, () => {
      read(MINIMAL, {
        [`${variable}_SERVICE_HOST`]: '10.0.0.1',
        [`${variable}_SERVICE_PORT`]: '8080',
        [`${variable}_SERVICE_PORT_HTTP`]: '8080',
        [`${variable}_PORT`]: 'tcp://10.0.0.1:8080',
        [`${variable}_PORT_8080_TCP`]: 'tcp://10.0.0.1:8080',
        [`${variable}_PORT_8080_TCP_PROTO`]: 'tcp',
        [`${variable}_PORT_8080_TCP_PORT`]: '8080',
        [`${variable}_PORT_8080_TCP_ADDR`]: '10.0.0.1',
      })
    })
  }

  const MISTAKES: readonly (readonly [name: string, text: string, problem: string])[] = [
    ['unknown key', `${MINIMAL}isuer: x\n`, '4:1: unknown key "isuer"; did you mean "issuer"?'],
    [
      'unknown nested key',
      `${MINIMAL}token:\n  x5c: true\n  expirey: 5m\n`,
      '6:3: unknown key "token.expirey"; did you mean "token.expiry"?',
    ],
    [
      'key like no other',
      `${MINIMAL}listen:\n  quux: 1\n`,
      '5:3: unknown key "listen.quux"; known here: listen.token, listen.gateway, listen.gatewayHttp, listen.operations',
    ],
    [
      'short lifetime',
      `${MINIMAL}token: { expiry: 30s }\n`,
      '4:10: "token.expiry" must be a duration such as 300, 300s, 5m or 1h, from 60 s to 86400 s',
    ],
    [
      'realm without scheme',
      MINIMAL.replace('https://', ''),
      '1:1: "realm" must be an http or https URL without user and query, the one that clients reach /token at',
    ],
    [
      'a realm that would tell everybody a password',
      MINIMAL.replace('https://', 'https://user:secret@'),
      '1:1: "realm" must be an http or https URL without user and query, the one that clients reach /token at',
    ],
    [
      'an alias',
      `${MINIMAL}issuer: &a x\nservice: *a\n`,
      '5:10: an alias of YAML, which is not taken here: write the value out',
    ],
    [
      'an alias of nothing',
      'realm: *x',
      '1:8: a text that begins with * needs quotes (else it is an alias of YAML, which is not taken here)',
    ],
    [
      'a key that is a list',
      `${MINIMAL}? [a, b]\n: c\n`,
      '4:3: a key that is a list or a map: a text that begins with { or [ needs quotes',
    ],
    [
      'a key that is there for every object',
      `${MINIMAL}__proto__: { x5c: false }\n`,
      '4:1: unknown key "__proto__"; known here: issuer, service, realm, services, logLevel, logFormat, audit, secretName, token, policy, gateway, keys, identity, credentials, controller, guessing, trustedProxies, clientAddress, pathPrefix, catalog, liveView, tracing, workers, drainDelay, drainTimeout, listen, tls',
    ],
    [
      'a host that is none',
      `${MINIMAL}listen: { token: "foo bar:80" }\n`,
      '4:11: "listen.token" must be HOST:PORT, such as 0.0.0.0:8080',
    ],
    [
      'a port alone',
      `${MINIMAL}listen: { token: 8080 }\n`,
      '4:11: "listen.token" must be HOST:PORT, such as 0.0.0.0:8080',
    ],
    [
      'a number for a text',
      `${MINIMAL}service: 12\n`,
      '4:1: "service" must be text: put it in quotes',
    ],
    [
      'a text for a switch',
      `${MINIMAL}gateway: { basic: maybe }\n`,
      '4:12: "gateway.basic" must be true or false',
    ],
    [
      'a ConfigMap',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: rauth }\ndata: { rauth.yaml: "" }\n',
      '2:1: this is a manifest of Kubernetes, a ConfigMap, and no configuration; next: take what stands in it below data, as a file of its own',
    ],
    ['nothing at all', '', '1:1: "realm" is missing and has no default'],
    ['two documents', `${MINIMAL}---\na: b\n`, '4:1: a second document: all must be in one'],
    ['a list', '- a', '1:1: expected a map of settings'],
    [
      'a port too far',
      `${MINIMAL}listen: { token: "x:70000" }\n`,
      '4:11: "listen.token" must be HOST:PORT, such as 0.0.0.0:8080',
    ],
    [
      'a pattern that would open every namespace',
      `${MINIMAL}policy:\n  public:\n    - library/**\n    - '*/**'\n`,
      '7:7: "policy.public.1" must have one part without wildcards, as in library/** or */base/**; ** alone is everything',
    ],
    [
      'a registry with a path',
      `${MINIMAL}catalog: { registry: http://registry:5000/v2 }\n`,
      '4:12: "catalog.registry" must be an http or https URL with nothing behind the host, such as http://registry:5000',
    ],
    [
      'an administrator that is no namespace',
      `${MINIMAL}policy:\n  administrators: ['*']\n`,
      '5:20: "policy.administrators.0" must be a namespace',
    ],
    [
      'a service twice',
      `${MINIMAL}services:\n  - { service: internal-registry.io, realm: https://x/token }\n`,
      '5:7: "services.0.service" must be another service than those before it',
    ],
    [
      'an unknown key of a service',
      `${MINIMAL}services:\n  - { servise: a, realm: https://x/token }\n`,
      '5:7: unknown key "services.0.servise"; did you mean "services.0.service"?',
    ],
    [
      'an audit that is in no place',
      `${MINIMAL}audit: { to: audit.log }\n`,
      '4:10: "audit.to" must be log, stdout, or the path of a file with a / in it, such as ./audit.log',
    ],
    [
      'one pattern that is no list',
      `${MINIMAL}policy: { shared: a/** }\n`,
      '4:11: "policy.shared" must be a list: write it in [ ], or each in a line after -',
    ],
    [
      'a text where a map is wanted',
      `${MINIMAL}policy: policy.yaml\n`,
      '4:1: "policy" must be a map: KEY: VALUE below it, or in { }',
    ],
    [
      'a prefix with a slash at its end',
      `${MINIMAL}pathPrefix: /a/\n`,
      '4:1: "pathPrefix" must be a path such as /registry, without a slash at its end',
    ],
    [
      'no name of a header',
      `${MINIMAL}clientAddress: { header: 'X Real' }\n`,
      '4:18: "clientAddress.header" must be the name of a header, such as X-Real-IP',
    ],
    [
      'a choice that there is not',
      `${MINIMAL}logFormat: xml\n`,
      '4:1: "logFormat" must be one of auto, json, pretty',
    ],
    [
      'workers that are no number',
      `${MINIMAL}workers: two\n`,
      '4:1: "workers" must be auto, or a whole number from 1 to 256',
    ],
    ['the same key twice', `${MINIMAL}realm: x\n`, '4:1: "realm" stands here twice: leave one'],
    [
      'broken YAML',
      'a: b: c',
      '1:4: a value with a colon and a space in it needs quotes; a map begins on a line of its own',
    ],
    [
      'a challenge that could break out of its quotes',
      `${MINIMAL}service: 'a"b'\n`,
      '4:1: "service" must be 1 to 255 printable ASCII characters without " and \\',
    ],
  ]
  for (const [name, text, problem] of MISTAKES) {
    it(`says where and what: ${name}`, () => {
      assert.ok(
        problems(text).includes(`rauth.yaml:${problem}`),
        `got ${JSON.stringify(problems(text))}`,
      )
    })
  }

  it('takes a section whose settings are commented out for none', () => {
    assert.equal(read(`${MINIMAL}token:\n  # expiry: 1h\n`).token.expiry, 300)
  })

  it('tells mistakes in the order of the text', () => {
    const places = problems('service: ""\nfoo: 1\ntoken:\n  bar: 1\nissuer: ""\n').map(
      (problem) => problem.split(' ')[0],
    )
    assert.deepEqual(
      places,
      ['1:1', '1:1', '2:1', '4:3', '5:1'].map((place) => `rauth.yaml:${place}:`),
    )
  })

  it('takes a variable for what its setting is', () => {
    assert.equal(read(MINIMAL, { RAUTH_ISSUER: 'true' }).issuer, 'true')
    assert.deepEqual(problems(MINIMAL, { RAUTH_TOKEN_X5C: 'maybe' }), [
      'RAUTH_TOKEN_X5C: "token.x5c" must be true or false',
    ])
  })

  it('does not take a slip for what Kubernetes injects', () => {
    for (const name of ['RAUTH_PORT', 'RAUTH_LISTEN_PORT', 'RAUTH_LISTEN_TOKEN_PORT']) {
      assert.match(
        problems(MINIMAL, { [name]: '9999', RAUTH_X_SERVICE_HOST: '10.0.0.1' }).join(),
        new RegExp(`unknown variable "${name}"`),
      )
    }
  })

  it('changes only the setting that a variable is for', () => {
    const config = read('realm: http://localhost/token\n', { RAUTH_KEYS_DIRECTORY: '/only-keys' })
    assert.equal(config.keys.directory, '/only-keys')
    assert.deepEqual(config.credentials, {
      ...{ source: 'directory', directory: '/etc/rauth/secrets', cluster: {} },
    })
  })

  it('names the variable that is wrong', () => {
    assert.deepEqual(problems(MINIMAL, { RAUTH_TOKEN_EXPIRY: 'soon', RAUTH_ISUER: 'x' }), [
      'RAUTH_ISUER: unknown variable "RAUTH_ISUER"; did you mean "RAUTH_ISSUER"?',
      'RAUTH_TOKEN_EXPIRY: "token.expiry" must be a duration such as 300, 300s, 5m or 1h, from 60 s to 86400 s',
    ])
  })

  it('says how a list is written in a variable, to whoever writes JSON', () => {
    const json = {
      RAUTH_SERVICES: '[{"service":"a","realm":"https://a/token"}]',
      RAUTH_POLICY_PUBLIC: ' ["library/**"]',
    }
    assert.deepEqual(problems(MINIMAL, json).sort(), [
      'RAUTH_POLICY_PUBLIC: "policy.public" is a list: write it as VALUE,VALUE',
      'RAUTH_SERVICES: "services" is a list: write it as SERVICE=REALM,SERVICE=REALM',
    ])
  })

  it('knows what Kubernetes injects also where a shell took only some of it along', () => {
    const [found, ...more] = problems(MINIMAL, { RAUTH_OPERATIONS_PORT: 'tcp://10.0.0.1:9090' })
    assert.match(found ?? '', /set enableServiceLinks: false in the pod$/)
    assert.deepEqual(more, [])
    const [other] = problems(MINIMAL, { RAUTH_QQQQQQQQQQQQQQQQQQQQ: 'x' })
    assert.ok((other ?? '').length < 150, other)
  })

  it('knows a key that belongs to the top', () => {
    assert.deepEqual(
      problems(`${MINIMAL}token: { issuer: x }\n`).map((line) => line.replace(/^[^ ]+ /, '')),
      ['unknown key "token.issuer"; did you mean "issuer", at the top?'],
    )
  })

  it('takes no port twice', () => {
    const same = (more: string) =>
      problems(`realm: http://r/token\nlisten:\n  token: 127.0.0.1:9090\n${more}`)
    assert.deepEqual(same('  operations: 127.0.0.1:9090\n'), [
      'rauth.yaml:4:3: "listen.operations" has the port of "listen.token": give each a port of its own',
    ])
    assert.equal(same('').length, 1, 'the default of the other')
    assert.deepEqual(same('  operations: 127.0.0.2:9090\n'), [])
    assert.deepEqual(same("  operations: ':9090'\n").length, 1)
    assert.deepEqual(
      problems("realm: http://r/token\nlisten: { token: ':0', gateway: ':0' }\n"),
      [],
    )
  })
})
