import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { mapClaims, type ClaimMapping } from '../../../src/credentials/oidc/mapping.ts'
import { parseTemplate, templateFlaw, valuesAt } from '../../../src/credentials/oidc/template.ts'
import { unverifiedIssuer } from '../../../src/credentials/oidc/unverified-issuer.ts'
import { GITHUB, GITLAB } from '../../support/identity-claims.ts'

interface Written {
  readonly claims: Readonly<Record<string, string | readonly string[]>>
  readonly account: string
  readonly namespace?: string
  readonly labels?: Readonly<Record<string, string>>
}

const mapping = ({ claims, account, namespace, labels = {} }: Written): ClaimMapping => ({
  claims: Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, [value].flat()])),
  account: parseTemplate(account),
  ...(namespace === undefined ? {} : { namespace: parseTemplate(namespace) }),
  labels: Object.fromEntries(
    Object.entries(labels).map(([name, source]) => [name, [parseTemplate(source)]]),
  ),
})

const map = (claims: Readonly<Record<string, unknown>>, ...written: readonly Written[]) =>
  mapClaims(written.map(mapping), claims)

/** The account, or what is wrong. */
function accountOf(claims: Readonly<Record<string, unknown>>, ...written: readonly Written[]) {
  const mapped = map(claims, ...written)
  return mapped.ok ? mapped.account : mapped.detail
}

describe('mapClaims', () => {
  it('makes an account, a namespace and labels of a token of GitHub Actions', () => {
    const mapped = map(GITHUB, {
      claims: { repository_owner: 'acme', environment: ['staging', 'production'] },
      account: 'github:${repository}',
      namespace: '${repository_owner}',
      labels: { ref: '${ref}', where: '${environment} of ${repository}', actor: '${nobody}' },
    })
    assert.deepEqual(mapped, {
      ...{ ok: true, account: 'github:acme/app' },
      vouched: {
        namespace: 'acme',
        labels: {
          ...{ ref: ['refs/heads/main'], where: ['production of acme/app'], actor: [] },
        },
      },
    })
  })

  it('makes them of a token of GitLab CI, whose groups are a list', () => {
    const mapped = map(GITLAB, {
      claims: { namespace_path: 'acme', ref_protected: 'true' },
      account: 'gitlab:${project_path}',
      labels: { group: '${groups_direct}', job: '${job_id}' },
    })
    assert.deepEqual(mapped, {
      ...{ ok: true, account: 'gitlab:acme/app' },
      vouched: { labels: { group: ['acme/admins', 'acme/devs'], job: ['302'] } },
    })
  })

  const CLAIMS: readonly (readonly [claims: object, wanted: Written['claims'], boolean])[] = [
    [{ a: 'x' }, { a: 'x' }, true],
    [{ a: 'x' }, { a: 'X' }, false],
    [{ a: 'x' }, { a: 'xy' }, false],
    [{ a: 'xy' }, { a: 'x' }, false],
    [{ a: 'x' }, { a: '*' }, false],
    [{ a: 'x', b: 'y' }, { a: 'x', b: 'z' }, false],
    [{ a: true }, { a: 'true' }, true],
    [{ a: 7 }, { a: '7' }, true],
    [{ a: ['x', 'y'] }, { a: 'y' }, true],
    [{ a: ['x', { y: 1 }] }, { a: 'x' }, false],
    [{ a: { x: 'y' } }, { a: 'y' }, false],
    [{ a: { x: 'y' } }, { 'a/x': 'y' }, true],
    [{ 'a/x': 'z', a: { x: 'y' } }, { 'a/x': 'y' }, false],
    [{ a: null }, { a: 'null' }, false],
    [{ a: '' }, { a: '' }, false],
    [{}, { constructor: 'x' }, false],
    [{}, { '__proto__/constructor/name': 'Object' }, false],
    [{}, { a: 'undefined' }, false],
  ]
  for (const [claims, wanted, fits] of CLAIMS) {
    it(`${fits ? 'takes' : 'does not take'} ${JSON.stringify(claims)} for ${JSON.stringify(wanted)}`, () => {
      const account = accountOf({ ...claims }, { claims: wanted, account: 'it' })
      assert.equal(account, fits ? 'it' : 'its claims are those of no identity')
    })
  }

  const ACCOUNTS: readonly (readonly [claims: object, template: string, account?: string])[] = [
    [{ a: 'x' }, 'ci:${a}', 'ci:x'],
    [{ a: 'x', b: 7 }, '${a}-${b}', 'x-7'],
    [{ a: '${b}', b: 'y' }, '${a}', '${b}'],
    [{}, 'fixed', 'fixed'],
    [{}, '${a}'],
    [{ a: '' }, 'ci:${a}'],
    [{ a: ['x'] }, '${a}'],
    [{ a: { b: 'x' } }, '${a}'],
    [{ a: { b: 'x' } }, '${a/b}', 'x'],
    [{ a: null }, '${a}'],
    [{ a: 'x\n' }, '${a}'],
    [{ a: 'x'.repeat(256) }, '${a}'],
  ]
  for (const [claims, template, account] of ACCOUNTS) {
    it(`makes ${account ?? 'nobody'} of ${template} with ${JSON.stringify(claims).slice(0, 40)}`, () => {
      const found = accountOf({ ...claims, ok: 1 }, { claims: { ok: '1' }, account: template })
      assert.equal(found, account ?? `identities.0: its claims make no account of ${template}`)
    })
  }

  for (const namespace of ['Acme', 'a/b', 'a.b', '-a', 'a'.repeat(64), '', 'ä', 'a b']) {
    it(`makes no namespace of ${JSON.stringify(namespace.slice(0, 9))}`, () => {
      const wanted = { claims: { ok: '1' }, account: 'it', namespace: '${n}' }
      const detail = 'identities.0: its claims make no namespace of ${n}'
      assert.equal(accountOf({ n: namespace, ok: 1 }, wanted), detail)
    })
  }

  it('goes by the first identity whose claims fit, also where it then makes nobody', () => {
    const first = { claims: { a: '1' }, account: '${missing}' }
    const second = { claims: { a: ['1', '2'] }, account: 'second' }
    assert.match(accountOf({ a: 1 }, first, second), /^identities\.0/)
    assert.equal(accountOf({ a: 2 }, first, second), 'second')
  })
})

describe('templates', () => {
  it('have placeholders with a name and an end', () => {
    for (const good of ['a', '${a}', '$a', '{a}', '$${a}', '${a b}']) {
      assert.equal(templateFlaw(good), undefined, good)
    }
    for (const bad of ['${', '${}', '${a', 'x${a}${', '${${a}}']) {
      assert.notEqual(templateFlaw(bad), undefined, bad)
    }
  })

  it('have no values of a list with something else in it', () => {
    assert.deepEqual(valuesAt({ a: ['x', ['y']] }, 'a'), [])
    assert.deepEqual(valuesAt({ a: [1, true, 'x'] }, 'a'), ['1', 'true', 'x'])
  })
})

describe('unverifiedIssuer', () => {
  const jwt = (payload: unknown) =>
    `e30.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.c2ln`

  it('is what a token says', () => {
    assert.equal(unverifiedIssuer(jwt({ iss: 'https://a.test' })), 'https://a.test')
  })

  const NONE = ['', 'swordfish', 'a.b.c', 'a.b', jwt({}), jwt({ iss: 7 }), jwt([]), jwt(null), `${jwt({ iss: 'x' })}.x`, ` ${jwt({ iss: 'x' })}`] // prettier-ignore
  for (const password of NONE) {
    it(`is nothing of ${JSON.stringify(password)}`, () => {
      assert.equal(unverifiedIssuer(password), undefined)
    })
  }
})
