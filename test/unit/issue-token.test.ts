import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createIssueToken, type TokenDecision, type TokenRequest } from '../../src/issue-token.ts'
import { networkOf } from '../../src/policy/network.ts'
import { compilePattern } from '../../src/policy/pattern.ts'
import { createPolicy, namespacePolicy } from '../../src/policy/policy.ts'
import { accepted, refused, type Result } from '../../src/refusal.ts'
import { formatScope, parseScopes } from '../../src/registry/scope.ts'
import {
  EXPIRY,
  generationOf,
  idOf,
  keyId,
  LEEWAY,
  NOBODY,
  NOW,
  OTHER_SERVICE,
  person,
  presentPassword,
  presentRefresh,
  PUSH_EXPIRY,
  REFRESH_EXPIRY,
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
    presented: presentPassword('team-a', 'canary-a'),
    account: '',
    offline: false,
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

  it('asks the policy with who it is, for which service and from where', async () => {
    const flows = startFlows(PEOPLE)
    flows.policy(
      createPolicy([
        {
          ...{ id: 'inside', type: compilePattern('repository'), name: compilePattern('**') },
          ...{ account: compilePattern('team-a'), service: compilePattern(SERVICE) },
          ...{ network: networkOf('10.0.0.0', 8), actions: ['pull'] },
        },
      ]),
    )
    const ask = async (username: string, service: string, address?: string) => {
      const scope = parseScopes(['repository:team-a/app:pull,push'])
      const presented = presentPassword(username, username.replace('team', 'canary'))
      const parsed = accepted({
        ...{ service, presented, account: '', offline: false },
        requested: scope.ok ? scope.value : [],
      })
      return scopeOf(await flows.issueToken(parsed, address === undefined ? {} : { address }))
    }
    assert.equal(await ask('team-a', SERVICE, '10.1.2.3'), 'repository:team-a/app:pull')
    assert.equal(await ask('team-a', SERVICE, '11.1.2.3'), '')
    assert.equal(await ask('team-a', SERVICE), '')
    assert.equal(await ask('team-a', OTHER_SERVICE, '10.1.2.3'), '')
    assert.equal(await ask('team-b', SERVICE, '10.1.2.3'), '')
  })

  it('asks the policy of now', async () => {
    const flows = startFlows(PEOPLE)
    flows.policy(
      createPolicy([
        {
          id: 'read-only',
          type: compilePattern('repository'),
          name: compilePattern('${namespace}/**'),
          actions: ['pull'],
        },
      ]),
    )
    const scope = 'repository:team-a/app:pull,push'
    const decision = await flows.login('team-a', 'canary-a', scope)
    assert.equal(scopeOf(decision), 'repository:team-a/app:pull')
    assert.equal(flows.events[0]?.rule, 'read-only')
  })

  const SERVICES = ['', 'INTERNAL-REGISTRY.IO', 'third-registry.io', `${SERVICE} `, '__proto__']
  for (const service of SERVICES) {
    it(`refuses the service ${JSON.stringify(service)}`, async () => {
      const { issueToken } = startFlows(PEOPLE)
      assert.equal(reasonOf(await issueToken(request({ service }), {})), 'service_unknown')
    })
  }

  it('records which service was asked for', async () => {
    const { issueToken, events } = startFlows(PEOPLE)
    await issueToken(request({ service: `x${'y'.repeat(200)}` }), {})
    assert.equal(events.at(-1)?.detail, `asked for "x${'y'.repeat(127)}…"`)
    await issueToken(request({ service: 'a\nb' }), {})
    assert.equal(events.at(-1)?.detail, 'asked for "a?b"')
  })

  it('issues for every service that it has, naming the one that was asked for', async () => {
    const flows = startFlows(PEOPLE)
    const services = ['one', SERVICE]
    const issueToken = createIssueToken(flows.deps, { ...flows.options, services })
    assert.equal(claimsIn(flows, await issueToken(request(), {})).audience, SERVICE)
    assert.equal(reasonOf(await issueToken(request({ service: 'one' }), {})), 'granted')
  })

  it('issues for any service that has a name, if it is told to', async () => {
    const flows = startFlows(PEOPLE)
    const issueToken = createIssueToken(flows.deps, { ...flows.options, anyService: true })
    const decision = await issueToken(request({ service: 'Docker registry' }), {})
    assert.ok(decision.result.ok)
    const payload = decision.result.value.token.split('.')[1] ?? ''
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { aud: unknown }
    assert.equal(claims.aud, 'Docker registry')
    assert.equal(reasonOf(await issueToken(request({ service: '' }), {})), 'service_unknown')
  })

  it('answers 503 while the credentials are not loaded, with and without any', async () => {
    const flows = startFlows([])
    flows.ready(false)
    for (const presented of [NOBODY, presentPassword('team-a', 'x'), presentRefresh('x')]) {
      assert.equal(reasonOf(await flows.issueToken(request({ presented }), {})), 'not_ready')
    }
    assert.deepEqual(
      flows.events.map(({ outcome, status, reason }) => ({ outcome, status, reason })),
      [0, 1, 2].map(() => ({ outcome: 'failed', status: 503, reason: 'not_ready' })),
    )
  })

  const REFUSALS: readonly (readonly [string, Partial<TokenRequest>, string, object?])[] = [
    ['no credentials', { presented: NOBODY }, 'credentials_missing'],
    [
      'a wrong password',
      { presented: presentPassword('team-a', 'canary-wrong') },
      'credentials_invalid',
      { detail: 'wrong password for team-a', cause: 'password_wrong' },
    ],
    [
      'the password of another namespace',
      { presented: presentPassword('team-a', 'canary-b') },
      'credentials_invalid',
      { detail: 'wrong password for team-a', cause: 'password_wrong' },
    ],
    [
      'an unknown user name',
      { presented: presentPassword('nobody', 'canary-a') },
      'credentials_invalid',
      {
        detail: 'unknown user name: no Secret that can be used has it',
        cause: 'username_unknown',
      },
    ],
    [
      'an empty password',
      { presented: presentPassword('team-a', '') },
      'credentials_invalid',
      { detail: 'wrong password for team-a', cause: 'password_wrong' },
    ],
  ]
  for (const [name, more, reason, told] of REFUSALS) {
    it(`refuses ${name}, and records it once without a word of the client's`, async () => {
      const { issueToken, events } = startFlows(PEOPLE)
      const { decision, result } = await issueToken(request(more), { address: '10.0.0.1' })
      const why = { reason, ...told }
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

  it('refuses the account of somebody else, like a wrong password or none', async () => {
    const { request: askFor } = startFlows(PEOPLE)
    const account = 'team-b'
    const password = presentPassword('team-a', 'canary-a')
    const ROWS = [
      [password, account, 'credentials_invalid'],
      [presentPassword('team-a', 'wrong'), 'team-a', 'credentials_invalid'],
      [NOBODY, account, 'credentials_missing'],
      [password, 'team-a', 'granted'],
      [password, '', 'granted'],
    ] as const
    for (const [presented, claimed, reason] of ROWS) {
      assert.equal(reasonOf(await askFor(presented, '', { account: claimed })), reason)
    }
  })

  describe('lets a token live', () => {
    const LIVES: readonly (readonly [scope: string, seconds: number])[] = [
      ['', EXPIRY],
      ['repository:team-a/app:pull', EXPIRY],
      ['repository:team-a/app:pull repository:team-b/app:push', EXPIRY],
      ['repository:team-a/app:pull,push', PUSH_EXPIRY],
      ['repository:team-a/app:delete', PUSH_EXPIRY],
      ['repository:team-a/app:*', PUSH_EXPIRY],
      ['repository:team-a/base:pull repository:team-a/app:push', PUSH_EXPIRY],
    ]
    for (const [scope, seconds] of LIVES) {
      it(`${seconds} s for ${scope === '' ? 'a login' : scope}`, async () => {
        const flows = startFlows(PEOPLE)
        const decision = await flows.login('team-a', 'canary-a', scope)
        const { expiresAt, issuedAt } = claimsIn(flows, decision)
        assert.deepEqual([grantOf(decision).expiresIn, expiresAt - issuedAt], [seconds, seconds])
      })
    }
  })

  describe('with public and shared repositories', () => {
    const POLICY = namespacePolicy({
      public: ['library/**', 'team-b/open/**'],
      shared: ['shared/**', 'team-a/base/**', 'team-b/open/x'],
    })
    const start = (people = PEOPLE) => {
      const flows = startFlows(people)
      flows.policy(POLICY)
      return flows
    }

    const ROWS: readonly (readonly [who: string, scope: string, granted: string])[] = [
      ['nobody', 'repository:library/app:pull', 'same'],
      ['nobody', 'repository:library/a/b:pull,push', 'repository:library/a/b:pull'],
      ['nobody', 'repository:library/app:pull repository:team-a/app:pull', 'repository:library/app:pull'], // prettier-ignore
      ['nobody', 'repository:library/app:push', 'refused'],
      ['nobody', 'repository:library/app:delete', 'refused'],
      ['nobody', 'repository:library/app:*', 'refused'],
      ['nobody', 'repository:library:pull', 'refused'],
      ['nobody', 'repository:library-evil/app:pull', 'refused'],
      ['nobody', 'repository:library/../team-a/app:pull', 'refused'],
      ['nobody', 'repository:LIBRARY/app:pull', 'refused'],
      ['nobody', 'repository:localhost:5000/library/app:pull', 'refused'],
      ['nobody', 'registry:library/app:pull', 'refused'],
      ['nobody', 'registry:catalog:*', 'refused'],
      ['nobody', 'repository:shared/app:pull', 'refused'],
      ['nobody', 'repository:team-a/app:pull', 'refused'],
      ['nobody', '', 'refused'],
      ['team-a', 'repository:library/app:pull,push', 'repository:library/app:pull'],
      ['team-a', 'repository:shared/app:pull,push', 'repository:shared/app:pull'],
      ['team-a', 'repository:team-b/open/x:pull,push', 'repository:team-b/open/x:pull'],
      ['team-a', 'repository:team-a/base/x:pull,push', 'same'],
      ['team-b', 'repository:team-a/base/x:pull,push', 'repository:team-a/base/x:pull'],
      ['team-b', 'repository:team-b/open/x:*', 'same'],
      ['team-b', 'repository:team-a/other:pull', ''],
    ]
    for (const [who, scope, granted] of ROWS) {
      const expected = granted === 'same' ? scope : granted
      it(`gives ${who} for ${scope || 'a login'}: ${expected || 'nothing'}`, async () => {
        const flows = start()
        const decision =
          who === 'nobody'
            ? await flows.request(NOBODY, scope)
            : await flows.login(who, who.replace('team', 'canary'), scope)
        if (granted === 'refused') assert.equal(reasonOf(decision), 'credentials_missing')
        else assert.equal(scopeOf(decision), expected)
      })
    }

    it('gives nobody a token that names nobody, and never a refresh token', async () => {
      const flows = start()
      const scope = 'repository:library/app:pull'
      const decision = await flows.request(NOBODY, scope, { offline: true })
      const { subject, namespaces, credentials, access } = claimsIn(flows, decision)
      assert.deepEqual([subject, namespaces, credentials], ['', [], []])
      assert.equal(formatScope(access), scope)
      assert.equal(grantOf(decision).refreshToken, undefined)
      const [event] = flows.events
      assert.deepEqual([event?.rule, event?.account], ['public library/**', ''])
    })

    it('takes a wrong password for wrong, also where none is needed', async () => {
      const flows = start()
      const scope = 'repository:library/app:pull'
      assert.equal(reasonOf(await flows.login('team-a', 'wrong', scope)), 'credentials_invalid')
      const refresh = await flows.request(presentRefresh('x'), scope)
      assert.equal(reasonOf(refresh), 'refresh_token_invalid')
    })
  })

  describe('to a credential with limits', () => {
    const APP = 'repository:team-a/app'
    const pullOnly = { ...person('team-a', 'canary-ci', 'ci'), actions: ['pull'] }

    it('grants no more than its actions, for as long as tokens for those live', async () => {
      const flows = startFlows([teamA, pullOnly])
      const decision = await flows.login('ci', 'canary-ci', `${APP}:delete,pull,push`)
      assert.equal(scopeOf(decision), `${APP}:pull`)
      assert.equal(grantOf(decision).expiresIn, EXPIRY)
      const other = await flows.login('team-a', 'canary-a', `${APP}:delete,pull,push`)
      assert.equal(scopeOf(other), `${APP}:delete,pull,push`)
    })

    it('never grants everything', async () => {
      const flows = startFlows([pullOnly])
      for (const actions of ['*', 'pull,push,delete,*']) {
        assert.equal(scopeOf(await flows.login('ci', 'canary-ci', `${APP}:${actions}`)), '')
      }
    })

    it('grants what those of several namespaces may, each in its own', async () => {
      const flows = startFlows([{ ...robotC, actions: ['pull'] }, robotD])
      const scope = 'repository:team-c/x:pull,push repository:team-d/x:pull,push'
      assert.equal(
        scopeOf(await flows.login('robot', 'canary-shared', scope)),
        'repository:team-c/x:pull repository:team-d/x:pull,push',
      )
    })

    it('refuses a password whose time is over or has not come', async () => {
      const flows = startFlows([
        { ...person('team-a', 'canary-old'), notAfter: NOW + 60 },
        { ...person('team-a', 'canary-new'), notBefore: NOW + 30 },
      ])
      const answers = async (now: number) => {
        flows.at(now)
        const passwords = ['canary-old', 'canary-new']
        return Promise.all(passwords.map(async (one) => reasonOf(await flows.login('team-a', one))))
      }
      assert.deepEqual(await answers(NOW), ['granted', 'credentials_invalid'])
      assert.deepEqual(await answers(NOW + 30), ['granted', 'granted'])
      assert.deepEqual(await answers(NOW + 60), ['credentials_invalid', 'granted'])
    })
  })

  describe('with refresh tokens', () => {
    const scope = 'repository:team-a/app:pull,push'
    const offline = { offline: true }

    async function refreshTokenOf(flows: Flows, username = 'team-a', password = 'canary-a') {
      const decision = await flows.login(username, password, '', offline)
      return grantOf(decision).refreshToken ?? assert.fail('no refresh token')
    }
    const use = (flows: Flows, token: string, more: Partial<TokenRequest> = {}) =>
      flows.request(presentRefresh(token), scope, more)

    it('takes one no longer than the credential behind it lives', async () => {
      const flows = startFlows([{ ...teamA, notAfter: NOW + 60 }])
      const token = await refreshTokenOf(flows)
      flows.at(NOW + 59)
      grantOf(await use(flows, token))
      flows.at(NOW + 60)
      assert.equal(reasonOf(await use(flows, token)), 'refresh_token_invalid')
    })

    it('grants by one what the credential of now may do', async () => {
      const flows = startFlows([teamA])
      const token = await refreshTokenOf(flows)
      flows.people([{ ...teamA, actions: ['pull'] }])
      const decision = await flows.request(presentRefresh(token), 'repository:team-a/app:pull,push')
      assert.equal(scopeOf(decision), 'repository:team-a/app:pull')
    })

    it('gives one only to those who ask', async () => {
      const flows = startFlows(PEOPLE)
      assert.equal(grantOf(await flows.login('team-a', 'canary-a')).refreshToken, undefined)
      await refreshTokenOf(flows)
      assert.match(flows.events[1]?.refreshTokenId ?? '', /^id-/)
    })

    it('gives for it what the policy of now gives, as often as wanted, and the same one back', async () => {
      const flows = startFlows(PEOPLE)
      const token = await refreshTokenOf(flows)
      for (let i = 0; i < 3; i += 1) {
        const decision = await use(flows, token, offline)
        assert.equal(scopeOf(decision), scope)
        assert.equal(grantOf(decision).refreshToken, token)
        const { subject, namespaces, credentials } = claimsIn(flows, decision)
        assert.deepEqual([subject, namespaces], ['team-a', ['team-a']])
        assert.deepEqual(credentials, [{ id: idOf('team-a'), generation: generationOf(teamA) }])
      }
      assert.equal(grantOf(await use(flows, token)).refreshToken, undefined)
      flows.policy(namespacePolicy({ public: [], shared: ['team-b/base'] }))
      const shared = await flows.request(presentRefresh(token), 'repository:team-b/base:pull')
      assert.equal(scopeOf(shared), 'repository:team-b/base:pull')
      flows.policy(createPolicy([]))
      assert.equal(scopeOf(await use(flows, token)), '')
    })

    const ENDED: readonly (readonly [string, readonly ReturnType<typeof person>[]])[] = [
      ['its password was changed', [person('team-a', 'canary-new')]],
      ['its user name was changed', [person('team-a', 'canary-a', 'renamed')]],
      ['its Secret is gone', [teamB]],
      ['its user name and password are in another namespace', [person('team-x', 'canary-a', 'team-a')]], // prettier-ignore
    ]
    for (const [name, people] of ENDED) {
      it(`ends it when ${name}`, async () => {
        const flows = startFlows(PEOPLE)
        const token = await refreshTokenOf(flows)
        assert.equal(reasonOf(await use(flows, token)), 'granted')
        flows.people(people)
        assert.equal(reasonOf(await use(flows, token)), 'refresh_token_invalid')
      })
    }

    it('ends it in the one namespace of several whose Secret changed, and never adds one', async () => {
      const flows = startFlows(PEOPLE)
      const token = await refreshTokenOf(flows, 'robot', 'canary-shared')
      flows.people([robotD, person('team-f', 'canary-shared', 'robot')])
      const all = 'repository:team-c/x:pull repository:team-d/x:pull repository:team-f/x:pull'
      const decision = await flows.request(presentRefresh(token), all)
      assert.equal(scopeOf(decision), 'repository:team-d/x:pull')
      assert.deepEqual(claimsIn(flows, decision).namespaces, ['team-d'])
    })

    it('ends it with its time, which using it does not lengthen', async () => {
      const flows = startFlows(PEOPLE)
      const token = await refreshTokenOf(flows)
      flows.at(Math.floor(NOW) + REFRESH_EXPIRY + LEEWAY - 1)
      assert.equal(reasonOf(await use(flows, token, offline)), 'granted')
      flows.at(Math.floor(NOW) + REFRESH_EXPIRY + LEEWAY)
      assert.equal(reasonOf(await use(flows, token)), 'refresh_token_invalid')
    })

    it('binds it to the service that it was asked for', async () => {
      const flows = startFlows(PEOPLE)
      const token = await refreshTokenOf(flows)
      const other = await use(flows, token, { service: OTHER_SERVICE })
      assert.equal(reasonOf(other), 'refresh_token_invalid')
    })

    it('takes no access token for it, nor it for an access token', async () => {
      const flows = startFlows(PEOPLE)
      const access = grantOf(await flows.login('team-a', 'canary-a', scope)).token
      assert.equal(reasonOf(await use(flows, access)), 'refresh_token_invalid')
      const verified = flows.deps.verifier.verify(await refreshTokenOf(flows))
      assert.deepEqual(verified, refused('token_invalid', { detail: 'header' }))
    })

    it('takes no account beside it', async () => {
      const flows = startFlows(PEOPLE)
      const token = await refreshTokenOf(flows)
      const decision = await use(flows, token, { account: 'team-a' })
      assert.equal(reasonOf(decision), 'refresh_token_invalid')
    })

    it('gives none, and takes none, when they are off', async () => {
      const flows = startFlows(PEOPLE)
      const token = await refreshTokenOf(flows)
      const off = createIssueToken({ ...flows.deps, refreshTokens: undefined }, flows.options)
      const login = await off(request(offline), {})
      assert.equal(grantOf(login).refreshToken, undefined)
      const refreshed = await off(request({ presented: presentRefresh(token) }), {})
      assert.equal(reasonOf(refreshed), 'refresh_token_invalid')
    })

    it('gives none that clients could not present', async () => {
      const username = 'u'.repeat(3000)
      const flows = startFlows([person('team-a', 'canary', username)])
      const decision = await flows.login(username, 'canary', '', offline)
      assert.equal(grantOf(decision).refreshToken, undefined)
      assert.equal(flows.events[0]?.refreshTokenId, undefined)
    })

    it('records no part of it', async () => {
      const flows = startFlows(PEOPLE)
      const token = await refreshTokenOf(flows)
      await use(flows, token)
      const text = JSON.stringify(flows.events)
      for (const part of [token, ...token.split('.')]) assert.ok(!text.includes(part))
      const ids = flows.events.map(({ refreshTokenId }) => refreshTokenId)
      assert.ok(ids[0] !== undefined && ids[0] === ids[1], 'but which one it was')
    })
  })

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
        credentials: ['team-a/registry-credentials'],
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
