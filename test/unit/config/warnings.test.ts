import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseConfig } from '../../../src/config/read.ts'
import type { Config } from '../../../src/config/schema.ts'
import type { TlsListener } from '../../../src/config/tls.ts'
import { policyOf } from '../../../src/config/policy-file.ts'
import { lint } from '../../../src/policy/lint.ts'
import { idleWorkers, policyWarningsOf, warningsOf } from '../../../src/config/warnings.ts'

function configOf(text: string): Config {
  const result = parseConfig(text, 'rauth.yaml', {})
  return result.problems === undefined
    ? result.config
    : assert.fail(JSON.stringify(result.problems))
}

function warnings(text: string, listeners?: readonly TlsListener[]): readonly string[] {
  return warningsOf(configOf(`realm: http://r/token\n${text}`), listeners)
}

const at = (host: string) =>
  `listen: { token: '${host}:1', gateway: '${host}:2', gatewayHttp: '${host}:3' }\n`

describe('warnings', () => {
  it('name each port that other machines reach in the clear, in one line', () => {
    assert.deepEqual(warnings(''), [
      'no TLS for what other machines reach (listen.token, listen.gateway, listen.gatewayHttp): ' +
        'passwords and tokens travel in the clear unless a mesh encrypts them; ' +
        'next: certificate and key at tls.token, tls.gateway, tls.gatewayHttp, or this machine alone, ' +
        'listen: { token: 127.0.0.1:8080, gateway: 127.0.0.1:9191, gatewayHttp: 127.0.0.1:9192, operations: 127.0.0.1:9090 }',
    ])
  })

  for (const host of ['127.0.0.1', '127.8.9.10', '[::1]', 'localhost', 'LocalHost']) {
    it(`do not speak of ports on ${host}`, () => {
      assert.deepEqual(warnings(at(host)), [])
    })
  }

  for (const host of ['', '0.0.0.0', '[::]', '10.0.0.1', '127.example.org', 'localhost.example']) {
    it(`speak of ports on "${host}"`, () => {
      assert.equal(warnings(at(host)).length, 1)
    })
  }

  it('do not speak of ports with TLS, nor of those that are not opened', () => {
    const tls = 'tls: { token: { certificate: c, key: k } }'
    assert.match(warnings(tls)[0] ?? '', /\(listen\.gateway, listen\.gatewayHttp\)/)
    assert.deepEqual(warnings(tls, ['token']), [])
    assert.match(warnings('', ['token'])[0] ?? '', /\(listen\.token\)/)
  })

  it('speak of sources that Secrets could take a user name from', () => {
    const of = (identity: string) => warnings(`${at('127.0.0.1')}identity: ${identity}`)
    const [first, ...more] = of('[{ secrets: {} }, { users: { file: a } }]')
    assert.match(first ?? '', /^identity asks users behind secrets/)
    assert.deepEqual(more, [])
    assert.deepEqual(of('[{ users: { file: a } }, { secrets: {} }]'), [])
    assert.deepEqual(of('[{ users: { file: a } }]'), [])
  })

  it('speak of accounts of tokens that a Secret could have as its user name', () => {
    const of = (account: string, ...more: readonly string[]) => {
      const token = `{ claims: { hd: x }, account: '${account}' }`
      const oidc = `{ oidc: { issuer: 'https://i.test', audience: r, identities: [${token}] } }`
      return warnings(`${at('127.0.0.1')}identity: [${[oidc, ...more].join(', ')}]`)
    }
    const secrets = '{ secrets: {} }'
    for (const account of ['${email}', 'ci', 'ci-${a}', '${a}:${b}']) {
      const [first, ...others] = of(account, secrets)
      assert.equal(
        first,
        `identity gives tokens of https://i.test the account "${account}", and a Secret may have such a ` +
          `user name; next: begin it with a word and a colon, such as "ci:${account}"`,
      )
      assert.deepEqual(others, [])
      assert.deepEqual(of(account), [])
    }
    for (const account of ['google:${email}', 'ci:x', 'my ci:${a}']) {
      assert.deepEqual(of(account, secrets), [])
    }
  })

  it('say which header is not read, and which anybody may set', () => {
    const header = `${at('127.0.0.1')}clientAddress: { header: X-Real-IP, position: -1 }\n`
    assert.deepEqual(warnings(header), [
      'clientAddress.header is not read: trustedProxies says whose it would be',
    ])
    assert.deepEqual(warnings(`${header}trustedProxies: [10.0.0.1]`), [])
    assert.match(
      warnings(`${header}trustedProxies: [0.0.0.0/0]`)[0] ?? '',
      /by x-real-ip who it is/,
    )
  })

  it('speak of hooks that passwords go to in the clear', () => {
    const of = (url: string) =>
      warnings(`${at('127.0.0.1')}identity: [{ http: { url: '${url}' } }]`)
    assert.match(
      of('http://hook.test:81/x')[0] ?? '',
      /^no TLS to the identity source at hook\.test:81/,
    )
    for (const url of ['https://hook.test/x', 'http://127.0.0.1:81/', 'http://[::1]/']) {
      assert.deepEqual(of(url), [], url)
    }
  })

  it('speak of realms at which there is nothing', () => {
    const of = (realm: string) => {
      const text = `realm: ${realm}\nservices: [{ service: x, realm: 'https://x/t' }]\n${at('127.0.0.1')}`
      return warningsOf(configOf(text))
    }
    const other =
      'realm https://x/t: rauth answers at /token and /auth, so clients get 404 there unless a proxy rewrites the ' +
      'path; next: let it end with /token'
    for (const realm of ['https://r', 'https://r/token/', 'https://r/tokens']) {
      assert.deepEqual(of(realm), [other.replace('https://x/t', realm), other])
    }
    for (const realm of ['https://r/token', 'https://r/a/auth/token', 'http://r:1/auth']) {
      assert.deepEqual(of(realm), [other])
    }
  })

  const RULES: readonly (readonly [rules: string, RegExp | undefined])[] = [
    ['[]', /^the policy has no rules: everything is denied$/],
    [
      "[{ match: { namespace: '*' }, actions: ['*'] }]",
      /^p:1 gives everything in every repository to every login; /,
    ],
    [
      '[{ match: {}, actions: [pull, push] }]',
      /^p:1 gives pull, push in every repository to every login/,
    ],
    ["[{ match: { name: '**' }, actions: [pull] }]", /^p:1 gives pull in/],
    ['[{ match: {}, actions: [] }]', undefined],
    ['[{ match: { type: registry }, actions: [pull] }]', undefined],
    ['[{ match: { namespace: platform }, actions: ["*"] }]', undefined],
    ['[{ match: { ip: 10.0.0.0/8 }, actions: ["*"] }]', undefined],
    ["[{ match: { name: '*/base/**' }, actions: [pull] }]", undefined],
  ]
  for (const [rules, expected] of RULES) {
    it(`${expected === undefined ? 'do not speak' : 'speak'} of the rules ${rules}`, () => {
      const config = configOf('realm: http://r/token\n')
      const [first, ...more] = policyWarningsOf(policyOf(`rules: ${rules}\n`, 'p'), config)
      assert.deepEqual(more, [])
      if (expected === undefined) assert.equal(first, undefined)
      else assert.match(first ?? '', expected)
    })
  }

  it('say that a rule for all is for everyone, where it is', () => {
    const config = configOf('realm: http://r/token\n')
    const policy = policyOf('anonymous: true\nrules: [{ match: {}, actions: [pull] }]\n', 'p')
    const [first] = policyWarningsOf(policy, config)
    assert.match(first ?? '', /to everyone, also without credentials/)
  })

  it('speak of names that no repository has', () => {
    const of = (name: string) => {
      const text = `rules:\n  - { match: { name: ${name} }, actions: [pull] }\n`
      return policyWarningsOf(policyOf(text, 'p'), configOf('realm: http://r/token\n'))
    }
    assert.deepEqual(of('Library/**'), [
      'p:2 has the name "Library/**", and "L" is in no name: it never matches',
    ])
    assert.match(of('$namespace/**')[0] ?? '', /a placeholder has braces, as \$\{namespace\}/)
    for (const name of ["'${namespace}/**'", '/^LIB/', 'a-b_c.d/0?*', 'catalog']) {
      assert.deepEqual(of(name), [], name)
    }
  })

  it('speak of what lint finds where it is asked, behind the name of the rule', () => {
    const text =
      "rules:\n  - { match: { namespace: '*', name: '${namespace}**' }, actions: [push] }\n"
    const [policy, config] = [policyOf(text, 'p'), configOf('realm: http://r/token\n')]
    const [wide, ...more] = policyWarningsOf(policy, config)
    assert.match(wide ?? '', /^p:2 has the name "\$\{namespace\}\*\*", which also matches/)
    assert.deepEqual(more, [])
    const [first, second = ''] = policyWarningsOf(policy, config, lint)
    assert.equal(first, wide)
    assert.match(second, /^p:2 has push without pull/)
  })
})

describe('workers', () => {
  it('are spoken of where there are more than cores', () => {
    assert.deepEqual([idleWorkers(1, 1), idleWorkers(4, 4)], [[], []])
    assert.deepEqual(idleWorkers(3, 2), [
      '3 workers, and rauth may run on 2 cores: those past that answer no more requests, take 250 MB of memory ' +
        'each and make the start longer; next: workers: auto',
    ])
    assert.match(idleWorkers(2, 1).join(), /may run on 1 core:/)
  })
})
