import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createIssueToken, type TokenDecision, type TokenRequest } from '../../src/issue-token.ts'
import { compilePattern } from '../../src/policy/pattern.ts'
import { Redacted } from '../../src/redacted.ts'
import { accepted, refused, type Result } from '../../src/refusal.ts'
import { formatScope, parseScopes } from '../../src/registry/scope.ts'
import {
  EXPIRY,
  generationOf,
  idOf,
  keyId,
  NOW,
  person,
  SERVICE,
  startFlows,
  type Flows,
} from '../support/flows.ts'

const teamA = person('team-a', 'canary-a')
const teamB = person('team-b', 'canary-b')
const robotC = person('team-c', 'canary-shared', 'robot')
const robotD = person('team-d', 'canary-shared', 'robot')
const robotE = person('team-e', 'canary-e', 'robot')
const PEOPLE = [teamA, teamB, robotC, robotD, robotE]

function grantOf({ result }: TokenDecision) {
  assert.ok(result.ok, `refused: ${JSON.stringify(result)}`)
  return result.value
}

const scopeOf = (decision: TokenDecision) => formatScope(grantOf(decision).access)

/** What the gateway reads in a token. */
function claimsIn(flows: Flows, decision: TokenDecision) {
  const verified = flows.deps.verifier.verify(grantOf(decision).token)
  assert.ok(verified.ok, JSON.stringify(verified))
  return verified.value.claims
}

function reasonOf({ result }: TokenDecision) {
  return result.ok ? 'granted' : result.refusal.reason
}

const request = (more: Partial<TokenRequest> = {}): Result<TokenRequest> =>
  accepted({
    service: SERVICE,
    requested: [{ type: 'repository', name: 'team-a/app', actions: ['pull'] }],
    basic: { username: 'team-a', password: new Redacted('canary-a') },
    ...more,
  })

describe('issueToken', () => {
  const GRANTS: readonly (readonly [name: string, requested: string, granted: string])[] = [
    ['what a namespace asks of its own', 'repository:team-a/app:pull,push', 'same'],
    ['every action on its own', 'repository:team-a/app:*', 'same'],
    ['deep names below its own', 'repository:team-a/a/b/c:delete', 'same'],
    ['nothing to a login', '', ''],
    ['nothing of another namespace', 'repository:team-b/app:pull', ''],
    ['nothing of a namespace that begins like it', 'repository:team-a-b/app:pull', ''],
    ['nothing of a repository with its bare name', 'repository:team-a:pull', ''],
    ['nothing of the catalog', 'registry:catalog:*', ''],
    ['nothing of another type', 'registry:team-a/app:pull', ''],
    ['nothing of a name that only looks like its own', 'repository:team-a/../team-b/app:pull', ''],
    ['nothing of a name with its in upper case', 'repository:TEAM-A/app:pull', ''],
    [
      'the allowed part of a mount across namespaces',
      'repository:team-a/app:pull,push repository:team-b/app:pull',
      'repository:team-a/app:pull,push',
    ],
  ]
  for (const [name, requested, granted] of GRANTS) {
    it(`grants ${name}`, async () => {
      const flows = startFlows(PEOPLE)
      const decision = await flows.login('team-a', 'canary-a', requested)
      const expected = granted === 'same' ? requested : granted
      assert.equal(scopeOf(decision), expected)
      assert.equal(formatScope(claimsIn(flows, decision).access), expected)
    })
  }

  it('signs the claims that the gateway needs, and tells the client the same times', async () => {
    const flows = startFlows(PEOPLE)
    const decision = await flows.login('team-a', 'canary-a', 'repository:team-a/app:pull')
    const { token, ...told } = grantOf(decision)
    const access = [{ type: 'repository', name: 'team-a/app', actions: ['pull'] }]
    const issuedAt = Math.floor(NOW)
    assert.deepEqual(told, { expiresIn: EXPIRY, issuedAt, access })
    assert.deepEqual(claimsIn(flows, decision), {
      issuer: 'rauth',
      subject: 'team-a',
      audience: SERVICE,
      expiresAt: issuedAt + EXPIRY,
      notBefore: issuedAt,
      issuedAt,
      id: 'id-2',
      access,
      namespaces: ['team-a'],
      credentials: [{ id: idOf('team-a'), generation: generationOf(teamA) }],
    })
    const readable = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()
    assert.ok(!readable.includes('canary'))
  })

  it('gives every token an id of its own', async () => {
    const flows = startFlows(PEOPLE)
    const ids = []
    for (let i = 0; i < 3; i += 1) {
      ids.push(claimsIn(flows, await flows.login('team-a', 'canary-a')).id)
    }
    assert.equal(new Set(ids).size, 3)
  })

  describe('with a user name in several namespaces', () => {
    const all = 'repository:team-c/x:pull repository:team-d/x:pull repository:team-e/x:pull'

    it('grants what is of all namespaces that the password fits', async () => {
      const flows = startFlows(PEOPLE)
      const decision = await flows.login('robot', 'canary-shared', all)
      assert.equal(scopeOf(decision), 'repository:team-c/x:pull repository:team-d/x:pull')
      const { namespaces, credentials } = claimsIn(flows, decision)
      assert.deepEqual(namespaces, ['team-c', 'team-d'])
      assert.deepEqual(credentials, [
        { id: idOf('team-c'), generation: generationOf(robotC) },
        { id: idOf('team-d'), generation: generationOf(robotD) },
      ])
    })

    it('grants what is of the one namespace that the password fits', async () => {
      const flows = startFlows(PEOPLE)
      const decision = await flows.login('robot', 'canary-e', all)
      assert.equal(scopeOf(decision), 'repository:team-e/x:pull')
      assert.deepEqual(claimsIn(flows, decision).namespaces, ['team-e'])
    })
  })

  it('asks the policy of now', async () => {
    const flows = startFlows(PEOPLE)
    flows.policy({
      rules: [
        {
          id: 'read-only',
          type: compilePattern('repository'),
          name: compilePattern('${namespace}/**'),
          actions: ['pull'],
        },
      ],
    })
    const scope = 'repository:team-a/app:pull,push'
    const decision = await flows.login('team-a', 'canary-a', scope)
    assert.equal(scopeOf(decision), 'repository:team-a/app:pull')
    assert.equal(flows.events[0]?.rule, 'read-only')
  })

  const SERVICES = ['', 'INTERNAL-REGISTRY.IO', 'other-registry.io', `${SERVICE} `, '__proto__']
  for (const service of SERVICES) {
    it(`refuses the service ${JSON.stringify(service)}`, async () => {
      const { issueToken } = startFlows(PEOPLE)
      assert.equal(reasonOf(await issueToken(request({ service }), {})), 'service_unknown')
    })
  }

  it('issues for every service that it has, naming the one that was asked for', async () => {
    const flows = startFlows(PEOPLE)
    const services = ['one', SERVICE]
    const issueToken = createIssueToken(flows.deps, { ...flows.options, services })
    assert.equal(claimsIn(flows, await issueToken(request(), {})).audience, SERVICE)
    assert.equal(reasonOf(await issueToken(request({ service: 'one' }), {})), 'granted')
  })

  it('answers 503 while the credentials are not loaded, with and without any', async () => {
    const flows = startFlows([])
    flows.ready(false)
    for (const basic of [undefined, { username: 'team-a', password: new Redacted('x') }]) {
      assert.equal(reasonOf(await flows.issueToken(request({ basic }), {})), 'not_ready')
    }
    assert.deepEqual(
      flows.events.map(({ outcome, status, reason }) => ({ outcome, status, reason })),
      [0, 1].map(() => ({ outcome: 'failed', status: 503, reason: 'not_ready' })),
    )
  })

  const REFUSALS: readonly (readonly [string, Partial<TokenRequest>, string, string?])[] = [
    ['no credentials', { basic: undefined }, 'credentials_missing'],
    [
      'a wrong password',
      { basic: { username: 'team-a', password: new Redacted('canary-wrong') } },
      'credentials_invalid',
      'wrong password for team-a',
    ],
    [
      'the password of another namespace',
      { basic: { username: 'team-a', password: new Redacted('canary-b') } },
      'credentials_invalid',
      'wrong password for team-a',
    ],
    [
      'an unknown user name',
      { basic: { username: 'nobody', password: new Redacted('canary-a') } },
      'credentials_invalid',
      'unknown user name',
    ],
    [
      'an empty password',
      { basic: { username: 'team-a', password: new Redacted('') } },
      'credentials_invalid',
      'wrong password for team-a',
    ],
  ]
  for (const [name, more, reason, detail] of REFUSALS) {
    it(`refuses ${name}, and records it once without a word of the client's`, async () => {
      const { issueToken, events } = startFlows(PEOPLE)
      const { decision, result } = await issueToken(request(more), { address: '10.0.0.1' })
      const why = { reason, ...(detail === undefined ? {} : { detail }) }
      assert.deepEqual(result, { ok: false, refusal: why })
      assert.deepEqual(events, [
        {
          id: decision,
          half: 'token',
          outcome: 'refused',
          status: 401,
          ...why,
          duration: 0,
          address: '10.0.0.1',
          requested: 'repository:team-a/app:pull',
        },
      ])
    })
  }

  it('hands on what the reader of the request refused', async () => {
    const { issueToken, events } = startFlows(PEOPLE)
    const refusal = refused('scope_malformed', { detail: 'scope 1 of 1: name' })
    const { result } = await issueToken(refusal, { method: 'GET' })
    assert.deepEqual(result, refusal)
    assert.equal(events.length, 1)
    assert.equal(events[0]?.detail, 'scope 1 of 1: name')
    assert.equal(events[0].status, 400)
  })

  it('records a grant once, with who, what and which key, and no secret', async () => {
    const { issueToken, events } = startFlows(PEOPLE)
    const requested = parseScopes(['repository:team-a/app:pull repository:team-b/app:pull'])
    assert.ok(requested.ok)
    const origin = { address: '10.0.0.1', method: 'GET' }
    const decision = await issueToken(request({ requested: requested.value }), origin)
    assert.deepEqual(events, [
      {
        id: decision.decision,
        half: 'token',
        outcome: 'allowed',
        status: 200,
        duration: 0,
        address: '10.0.0.1',
        method: 'GET',
        requested: 'repository:team-a/app:pull repository:team-b/app:pull',
        account: 'team-a',
        namespaces: ['team-a'],
        granted: 'repository:team-a/app:pull',
        rule: 'own-namespace',
        tokenId: 'id-2',
        keyId,
      },
    ])
    const text = JSON.stringify(events)
    const { token } = grantOf(decision)
    for (const secret of ['canary', token, ...token.split('.'), generationOf(teamA)]) {
      assert.ok(!text.includes(secret))
    }
  })

  const boom = () => {
    throw new TypeError('boom')
  }
  type Deps = Partial<Flows['deps']>
  const BROKEN: readonly (readonly [string, (flows: Flows) => Deps])[] = [
    ['the store', ({ deps }) => ({ store: { ...deps.store, ready: boom } })],
    ['the authenticator', () => ({ authenticate: boom })],
    ['the policy', () => ({ policy: boom })],
    ['the issuer', () => ({ issuer: { sign: () => Promise.reject(new TypeError('boom')) } })],
  ]
  for (const [name, broken] of BROKEN) {
    it(`answers 503 and gives no token when ${name} throws`, async () => {
      const flows = startFlows(PEOPLE)
      const issueToken = createIssueToken({ ...flows.deps, ...broken(flows) }, flows.options)
      const { result } = await issueToken(request(), {})
      assert.deepEqual(result, refused('internal', { detail: 'boom' }))
      assert.equal(flows.events.length, 1)
      assert.equal(flows.events[0]?.status, 503)
    })
  }

  describe('never gives a token that the gateway does not read', () => {
    it('but refuses to put too much access into one', async () => {
      const { login, events } = startFlows(PEOPLE)
      const scopes = Array.from(
        { length: 32 },
        (_, i) => `repository:team-a/${'x'.repeat(240)}-${String(i)}:pull`,
      )
      const decision = await login('team-a', 'canary-a', scopes.join(' '))
      assert.equal(reasonOf(decision), 'request_too_large')
      assert.equal(events.length, 1)
      assert.equal(events[0]?.outcome, 'refused')
    })

    it('whose user name is as long as a client can send', async () => {
      const username = 'u'.repeat(3000)
      const flows = startFlows([person('team-a', 'canary', username)])
      const decision = await flows.login(username, 'canary', 'repository:team-a/app:pull')
      assert.equal(claimsIn(flows, decision).subject, username)
    })

    it('whose user name is not ASCII', async () => {
      const username = 'Grüße-\u{1f511}-\u2028"\\'
      const flows = startFlows([person('team-a', 'canary', username)])
      assert.equal(claimsIn(flows, await flows.login(username, 'canary')).subject, username)
    })

    it('whose user name and password are in very many namespaces', async () => {
      for (const [count, expected] of [
        [65, 'granted'],
        [500, 'request_too_large'],
      ] as const) {
        const people = Array.from({ length: count }, (_, i) =>
          person(`team-${String(i)}`, 'canary', 'robot'),
        )
        const flows = startFlows(people)
        const decision = await flows.login('robot', 'canary')
        assert.equal(reasonOf(decision), expected)
        if (expected === 'granted') assert.equal(claimsIn(flows, decision).namespaces.length, count)
      }
    })

    it('whatever is asked for', async () => {
      const flows = startFlows(PEOPLE)
      const name = fc.stringMatching(/^[a-z0-9]{1,240}$/).map((tail) => `team-a/${tail}`)
      const actions = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,12}$/), {
        ...{ minLength: 1, maxLength: 16 },
      })
      // Each name once: two scopes of one could have more actions than a request may.
      const scopes = fc
        .uniqueArray(fc.tuple(name, actions), { maxLength: 32, selector: ([n]) => n })
        .map((pairs) => pairs.map(([n, a]) => `repository:${n}:${a.join(',')}`))
      await fc.assert(
        fc.asyncProperty(scopes, async (list) => {
          const decision = await flows.login('team-a', 'canary-a', list.join(' '))
          if (decision.result.ok) claimsIn(flows, decision)
          else assert.equal(reasonOf(decision), 'request_too_large')
        }),
      )
    })
  })
})
