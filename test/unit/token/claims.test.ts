import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { claimsToPayload, parseClaims, type ClaimSet } from '../../../src/token/claims.ts'

const CLAIMS: ClaimSet = {
  issuer: 'rauth',
  subject: 'team-a',
  audience: 'internal-registry.io',
  expiresAt: 1300,
  notBefore: 1000,
  issuedAt: 1000,
  id: 'f3b7b0a2-0b57-4c4e-9d5d-6b5b0a7a1c11',
  access: [{ type: 'repository', name: 'team-a/app', actions: ['pull', 'push'] }],
  namespaces: ['team-a'],
  credentials: [{ id: 'team-a/registry-credentials', generation: 'g1' }],
}

/** What makes a token an anonymous one. */
const NOBODY = { subject: '', namespaces: [], credentials: [] }

/** As it comes off the wire. */
const wire = (claims: ClaimSet = CLAIMS) =>
  JSON.parse(JSON.stringify(claimsToPayload(claims))) as Record<string, unknown>

const GOOD = wire()

describe('claims', () => {
  it('have the names of the distribution token specification, and one of their own', () => {
    assert.deepEqual(GOOD, {
      iss: 'rauth',
      sub: 'team-a',
      aud: 'internal-registry.io',
      exp: 1300,
      nbf: 1000,
      iat: 1000,
      jti: 'f3b7b0a2-0b57-4c4e-9d5d-6b5b0a7a1c11',
      access: [{ type: 'repository', name: 'team-a/app', actions: ['pull', 'push'] }],
      rauth: { ns: ['team-a'], cred: [['team-a/registry-credentials', 'g1']] },
    })
  })

  it('are after the wire what they were before', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
    const instant = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })
    const plain = { noNullPrototype: true }
    const stored = fc.record({ id: text, generation: text }, plain)
    const values = fc.array(fc.oneof(fc.constant(''), text), { maxLength: 3 })
    const labels = fc.dictionary(text, values, { maxKeys: 3, noNullPrototype: true })
    const holder = fc.oneof(
      fc.record({ namespace: text, labels }, { requiredKeys: ['labels'], ...plain }),
      fc.record({ namespace: text, serviceaccount: text, labels }, plain),
    )
    const vouched = fc.record({ id: text, generation: text, holder }, plain)
    const claims: fc.Arbitrary<ClaimSet> = fc.record(
      {
        issuer: text,
        subject: text,
        audience: text,
        expiresAt: instant,
        notBefore: instant,
        issuedAt: instant,
        id: text,
        access: fc.array(
          fc.record({ type: text, name: text, actions: fc.array(text, { maxLength: 16 }) }, plain),
          { maxLength: 64 },
        ),
        namespaces: fc.array(text, { maxLength: 8 }),
        credentials: fc.array(fc.oneof(stored, vouched), { minLength: 1, maxLength: 8 }),
        fastLane: fc.record(
          {
            until: instant,
            paths: fc.array(text, { minLength: 1, maxLength: 8 }),
            account: text,
            namespace: text,
          },
          plain,
        ),
      },
      {
        ...plain,
        requiredKeys: [
          ...(['issuer', 'subject', 'audience', 'expiresAt', 'notBefore', 'issuedAt'] as const),
          ...(['id', 'access', 'namespaces', 'credentials'] as const),
        ],
      },
    )
    fc.assert(
      fc.property(claims, (made) => {
        for (const one of [made, { ...made, ...NOBODY }]) {
          assert.deepEqual(parseClaims(wire(one)), one)
        }
      }),
    )
  })

  const TWO = { ...CLAIMS, access: [...CLAIMS.access, { type: 'a', name: 'b', actions: ['c'] }] }

  it('tell what of the access others than rules allowed', () => {
    const decided = [{ type: 'repository', name: 'team-a/app', actions: ['push'] }]
    const made = wire({ ...TWO, decided })
    assert.deepEqual((made['rauth'] as Record<string, unknown>)['dec'], [['push'], []])
    assert.deepEqual(parseClaims(made), { ...TWO, decided })
    assert.deepEqual(parseClaims(wire({ ...TWO, decided: TWO.access })), {
      ...{ ...TWO, decided: TWO.access },
    })
  })

  it('tell nothing else of it', () => {
    const none = [[[], []], [['push']], [['push'], [], []], [['delete'], []], [['push'], ['push']]]
    for (const dec of [...none, null, 'push', ['push', 'c'], [['push'], 'c'], {}, [[1], []]]) {
      const rauth = { ns: ['team-a'], cred: [['team-a/registry-credentials', 'g1']], dec }
      assert.equal(parseClaims({ ...wire(TWO), rauth }), undefined, JSON.stringify(dec))
    }
  })

  it('leave out what an access has besides its type, name and actions', () => {
    const [resource] = CLAIMS.access
    assert.ok(resource)
    const more = { ...resource, class: 'plugin' }
    assert.deepEqual(wire({ ...CLAIMS, access: [more] }), GOOD)
  })

  it('may hold no access: a login', () => {
    assert.deepEqual(parseClaims(wire({ ...CLAIMS, access: [] })), { ...CLAIMS, access: [] })
  })

  it('may name a subject as long as a user name of Basic credentials can be', () => {
    const subject = 'u'.repeat(3066)
    assert.equal(parseClaims(wire({ ...CLAIMS, subject }))?.subject, subject)
  })

  it('name a subject and its credentials, or neither of them nor a namespace', () => {
    for (const name of ['subject', 'credentials'] as const) {
      assert.equal(parseClaims(wire({ ...CLAIMS, [name]: NOBODY[name] })), undefined, name)
    }
    for (const name of Object.keys(NOBODY) as (keyof typeof NOBODY)[]) {
      assert.equal(parseClaims(wire({ ...CLAIMS, ...NOBODY, [name]: CLAIMS[name] })), undefined)
    }
    const unnamed = { ...CLAIMS, namespaces: [] }
    assert.deepEqual(parseClaims(wire(unnamed)), unnamed)
  })

  const VOUCHED = ['oidc', 'g', 'team-a', { team: ['a', ''] }] as const
  const withCredential = (credential: unknown) =>
    parseClaims({ ...GOOD, rauth: { ns: ['team-a'], cred: [credential] } })?.credentials

  it('tell of a credential that was vouched for whose it is', () => {
    assert.deepEqual(withCredential(VOUCHED), [
      {
        ...{ id: 'oidc', generation: 'g' },
        holder: { namespace: 'team-a', labels: { team: ['a', ''] } },
      },
    ])
    assert.deepEqual(withCredential(['oidc', 'g', '', {}]), [
      { id: 'oidc', generation: 'g', holder: { labels: {} } },
    ])
    assert.deepEqual(withCredential(['oidc', 'g', 'team-a', {}, 'builder']), [
      {
        ...{ id: 'oidc', generation: 'g' },
        holder: { namespace: 'team-a', labels: {}, serviceaccount: 'builder' },
      },
    ])
  })

  const [id, generation, namespace, labels] = VOUCHED
  const strange: readonly (readonly [what: string, credential: unknown])[] = [
    ['without labels', [id, generation, namespace]],
    ['with a ServiceAccount that is no text', [...VOUCHED, 1]],
    ['with a ServiceAccount without a name', [...VOUCHED, '']],
    ['with a ServiceAccount of no namespace', [id, generation, '', labels, 'builder']],
    ['with more', [...VOUCHED, 'builder', 1]],
    ['with a namespace that is no text', [id, generation, null, labels]],
    ['with labels that are a list', [id, generation, namespace, []]],
    ['with labels that are null', [id, generation, namespace, null]],
    ['with a label that is a text', [id, generation, namespace, { team: 'a' }]],
    ['with a value that is no text', [id, generation, namespace, { team: [1] }]],
    [
      'with more values than there can be',
      [id, generation, namespace, { team: Array.from({ length: 257 }, () => 'a') }],
    ],
    [
      'with more labels than there can be',
      [
        id,
        generation,
        namespace,
        Object.fromEntries(Array.from({ length: 257 }, (_, i) => [i, []])),
      ],
    ],
    ['that is a map', { 0: id, 1: generation, length: 2 }],
  ]
  for (const [what, credential] of strange) {
    it(`have no credential ${what}`, () => {
      assert.equal(withCredential(credential), undefined)
    })
  }

  const shapes: readonly unknown[] = [null, undefined, 'text', 7, true, [], [GOOD], {}]
  for (const shape of shapes) {
    it(`are not ${JSON.stringify(shape)}`, () => {
      assert.equal(parseClaims(shape), undefined)
    })
  }

  for (const name of Object.keys(GOOD)) {
    it(`are refused without ${name}`, () => {
      const rest = Object.fromEntries(Object.entries(GOOD).filter(([key]) => key !== name))
      assert.equal(parseClaims(rest), undefined)
      assert.equal(
        parseClaims(Object.assign(Object.create({ [name]: GOOD[name] }), rest)),
        undefined,
      )
    })
  }

  const resource = { type: 'repository', name: 'team-a/app', actions: ['pull'] }
  const reference = ['team-a/registry-credentials', 'g1']
  const many = <T>(count: number, item: T) => Array.from({ length: count }, () => item)
  const noText: readonly unknown[] = ['', 'x'.repeat(4097), null, 7, true, [], ['team-a'], {}]
  const noTime: readonly unknown[] = [
    ...[-1, 0.5, Infinity, 2 ** 53, -Infinity, NaN, '1300', null, [1300], {}, true],
  ]
  const bad: Readonly<Record<string, readonly unknown[]>> = {
    ...{ iss: noText, sub: noText, aud: [...noText, ['internal-registry.io']], jti: noText },
    ...{ exp: noTime, nbf: noTime, iat: noTime },
    access: [
      ...[null, '', 'repository:team-a/app:pull', 7, {}, { 0: resource, length: 1 }, resource],
      ...[[null], [[]], ['repository:team-a/app:pull'], [{}], [resource, null]],
      ...[many(65, resource), many(10_000, resource)],
      ...noText.map((type) => [{ ...resource, type }]),
      ...noText.map((name) => [{ ...resource, name }]),
      ...noText.map((action) => [{ ...resource, actions: [action] }]),
      ...['pull', null, {}, { 0: 'pull', length: 1 }, many(17, 'pull')].map((actions) => [
        { ...resource, actions },
      ]),
      [{ type: 'repository', name: 'team-a/app' }],
      [{ ...resource, class: 'plugin' }],
      [JSON.parse('{"type":"repository","name":"a/b","actions":["pull"],"__proto__":{}}')],
    ],
    rauth: [
      ...[null, [], '', {}, { ns: ['team-a'] }, { cred: [reference] }],
      { ns: ['team-a'], cred: [reference], more: true },
      ...noText.map((name) => ({ ns: [name], cred: [reference] })),
      ...noText.map((id) => ({ ns: ['team-a'], cred: [[id, 'g1']] })),
      ...noText.map((generation) => ({ ns: ['team-a'], cred: [[reference[0], generation]] })),
      ...[[], ['a'], ['a', 'b', 'c'], 'ab', { 0: 'a', 1: 'b', length: 2 }, null].map((one) => ({
        ns: ['team-a'],
        cred: [one],
      })),
      { ns: 'team-a', cred: [reference] },
      { ns: many(257, 'team-a'), cred: [reference] },
      { ns: ['team-a'], cred: many(257, reference) },
    ],
  }
  for (const [name, values] of Object.entries(bad)) {
    it(`are refused with any other ${name} than a good one`, () => {
      for (const value of values) {
        const text = JSON.stringify(value)
        assert.equal(
          parseClaims({ ...GOOD, [name]: value }),
          undefined,
          `${name}: ${text.slice(0, 80)}`,
        )
      }
    })
  }

  for (const name of ['scope', 'azp', 'cnf', 'ISS', 'iss ', '', 'constructor', '__proto__']) {
    it(`are refused with ${JSON.stringify(name)} besides`, () => {
      const text = JSON.stringify(GOOD).replace(/\}$/, `,${JSON.stringify(name)}:"x"}`)
      assert.equal(parseClaims(JSON.parse(text)), undefined)
    })
  }

  it('are refused when a claim comes under another name', () => {
    const { sub, ...rest } = GOOD
    assert.equal(parseClaims({ ...rest, account: sub }), undefined)
  })
})
