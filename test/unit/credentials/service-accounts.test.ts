import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  createServiceAccounts,
  type ServiceAccountsOptions,
  type VerifiedToken,
} from '../../../src/credentials/service-accounts/source.ts'
import { Redacted } from '../../../src/redacted.ts'
import { formatServiceAccount, parseServiceAccount } from '../../../src/service-account.ts'

const NOW = 1_800_000_000
const ISSUER = 'https://kubernetes.default.svc'
const SUBJECT = 'system:serviceaccount:team-a:builder'
const BUILDER = { namespace: 'team-a', serviceaccount: 'builder' }
const REFERENCE = { id: 'serviceAccounts', generation: 'g' }

const CLAIMS = {
  ...{ iss: ISSUER, sub: SUBJECT, aud: ['registry.example'] },
  ...{ iat: NOW - 10, nbf: NOW - 10, exp: NOW + 600 },
  'kubernetes.io': {
    namespace: 'team-a',
    serviceaccount: { name: 'builder', uid: 'u' },
    pod: { name: 'p', uid: 'v' },
  },
}

const tokenOf = (claims: object) => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'RS256', kid: 'k' })}.${part(claims)}.c2lnbmF0dXJl`
}

function start(options: Partial<ServiceAccountsOptions> = {}, found?: VerifiedToken) {
  const asked: string[] = []
  const source = createServiceAccounts({
    ...{ audiences: ['registry.example'], namespaces: [], reference: REFERENCE, clock: () => NOW },
    ...{ ofThisCluster: true, maxLifetime: 3_600 },
    verify({ password }) {
      asked.push(password.reveal())
      return Promise.resolve(found ?? { kind: 'verified', username: SUBJECT })
    },
    ...options,
  })
  const ask = (password: string, username = 'anything') =>
    source.ask({ username, password: new Redacted(password) })
  return { source, ask, asked }
}

describe('the token of a ServiceAccount as a password', () => {
  it('is whose it says, whatever the user name, until it ends', async () => {
    const { ask } = start()
    for (const username of ['x', 'team-b', '']) {
      assert.deepEqual(await ask(tokenOf(CLAIMS), username), {
        kind: 'yes',
        subject: {
          ...{ account: SUBJECT, namespaces: ['team-a'], until: NOW + 600 },
          credentials: [{ ...REFERENCE, vouched: true, ...BUILDER, ofThisCluster: true }],
        },
      })
    }
  })

  it('of another cluster is not one of this cluster', async () => {
    const answer = await start({ ofThisCluster: false }, { kind: 'verified' }).ask(tokenOf(CLAIMS))
    assert.ok(answer.kind === 'yes')
    assert.deepEqual(answer.subject.credentials, [{ ...REFERENCE, vouched: true, ...BUILDER }])
  })

  const own = CLAIMS['kubernetes.io']
  const NONE: readonly (readonly [what: string, claims: object, kind: 'no' | 'not-mine'])[] = [
    ['without a subject', { ...CLAIMS, sub: undefined }, 'not-mine'],
    ['of somebody of another issuer', { ...CLAIMS, sub: 'repo:acme/app' }, 'not-mine'],
    ['of another part of the cluster', { ...CLAIMS, sub: 'system:node:x' }, 'not-mine'],
    ['that has ended', { ...CLAIMS, exp: NOW }, 'no'],
    ['without an end, as in a Secret', { ...CLAIMS, exp: undefined }, 'no'],
    ['with an end that is a text', { ...CLAIMS, exp: '99999999999' }, 'no'],
    ['that is for longer than any may be', { ...CLAIMS, exp: NOW + 3_591 }, 'no'],
    ['for ever, or nearly', { ...CLAIMS, exp: 4_294_967_295 + NOW }, 'no'],
    ['that does not say when it was made', { ...CLAIMS, iat: undefined }, 'no'],
    ['that was made at no time', { ...CLAIMS, iat: '0' }, 'no'],
    ['for somebody else', { ...CLAIMS, aud: [ISSUER] }, 'no'],
    ['for nobody', { ...CLAIMS, aud: undefined }, 'no'],
    ['for an object', { ...CLAIMS, aud: [{}] }, 'no'],
    ['of no namespace', { ...CLAIMS, sub: 'system:serviceaccount::builder' }, 'no'],
    ['of two more parts', { ...CLAIMS, sub: `${SUBJECT}:x` }, 'no'],
    ['whose namespace has a slash', { ...CLAIMS, sub: 'system:serviceaccount:a/b:c' }, 'no'],
    [
      'of another namespace in its claims',
      { ...CLAIMS, 'kubernetes.io': { ...own, namespace: 'b' } },
      'no',
    ],
    [
      'of another name in its claims',
      { ...CLAIMS, 'kubernetes.io': { ...own, serviceaccount: { name: 'b' } } },
      'no',
    ],
    ['without the claims of a bound one', { ...CLAIMS, 'kubernetes.io': undefined }, 'no'],
  ]
  for (const [what, claims, kind] of NONE) {
    it(`${what} is ${kind}, and nobody is asked`, async () => {
      const { ask, asked, source } = start()
      assert.equal((await ask(tokenOf(claims))).kind, kind)
      assert.deepEqual(asked, [])
      assert.equal(source.claims?.(new Redacted(tokenOf(claims))), kind === 'no')
    })
  }

  it('is none where it is a password, or half of a token', async () => {
    const { ask, asked } = start()
    for (const text of ['password', '', 'a.b.c', tokenOf(CLAIMS).replace(/\.[^.]*$/, '')]) {
      assert.equal((await ask(text)).kind, 'not-mine', text)
    }
    assert.deepEqual(asked, [])
  })

  it('of another issuer is that of another source, where one is named', async () => {
    const { ask } = start({ issuer: 'https://other.example' })
    assert.equal((await ask(tokenOf(CLAIMS))).kind, 'not-mine')
    assert.equal((await start({ issuer: ISSUER }).ask(tokenOf(CLAIMS))).kind, 'yes')
  })

  it('of a namespace that is not among those that are let in is no', async () => {
    assert.equal((await start({ namespaces: ['team-b'] }).ask(tokenOf(CLAIMS))).kind, 'no')
    assert.equal((await start({ namespaces: ['team-a'] }).ask(tokenOf(CLAIMS))).kind, 'yes')
  })

  const FOUND: readonly (readonly [found: VerifiedToken, kind: string])[] = [
    [{ kind: 'verified' }, 'yes'],
    [{ kind: 'verified', username: 'system:serviceaccount:team-a:other' }, 'no'],
    [{ kind: 'verified', username: 'kubernetes-admin' }, 'no'],
    [{ kind: 'no', detail: 'x' }, 'no'],
    [{ kind: 'error', detail: 'x' }, 'error'],
  ]
  for (const [found, kind] of FOUND) {
    it(`is ${kind} where ${JSON.stringify(found)} is found`, async () => {
      assert.equal((await start({}, found).ask(tokenOf(CLAIMS))).kind, kind)
    })
  }
})

describe('the name of a ServiceAccount', () => {
  it('is read as it is written', () => {
    for (const name of ['default', 'a', 'ci.builder-2', 'x'.repeat(253)]) {
      const account = { namespace: 'team-a', name }
      assert.deepEqual(parseServiceAccount(formatServiceAccount(account)), account)
    }
  })

  it('is nothing else', () => {
    const odd = ['A', '', '-a', 'a-', 'a..b', 'a b', 'x'.repeat(254), 'a\n']
    for (const name of odd) {
      assert.equal(parseServiceAccount(`system:serviceaccount:team-a:${name}`), undefined, name)
    }
    assert.equal(parseServiceAccount('system:serviceaccount:team-a'), undefined)
    assert.equal(parseServiceAccount('xsystem:serviceaccount:team-a:b'), undefined)
  })
})
