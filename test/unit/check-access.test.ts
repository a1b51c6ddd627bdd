import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { CheckDecision } from '../../src/check-access.ts'
import { networkOf } from '../../src/policy/network.ts'
import { compilePattern } from '../../src/policy/pattern.ts'
import { createPolicy, namespacePolicy } from '../../src/policy/policy.ts'
import { accepted, refused } from '../../src/refusal.ts'
import type { RegistryRequest } from '../../src/registry/request.ts'
import {
  EXPIRY,
  generationOf,
  keyId,
  LEEWAY,
  NOBODY,
  NOW,
  OTHER_SERVICE,
  person,
  PUSH_EXPIRY,
  SERVICE,
  startFlows,
  type Flows,
} from '../support/flows.ts'

const teamA = person('team-a', 'canary-a')
const teamB = person('team-b', 'canary-b')
const robotC = person('team-c', 'canary-shared', 'robot')
const robotD = person('team-d', 'canary-shared', 'robot')
const PEOPLE = [teamA, teamB, robotC, robotD]

const DIGEST = `sha256:${'0'.repeat(64)}`
const MANIFEST = '/v2/team-a/app/manifests/v1'
const ALL = 'repository:team-a/app:delete,pull,push'

const ask = (
  { checkAccess }: Flows,
  token: string | undefined,
  target = MANIFEST,
  more: Partial<RegistryRequest> = {},
) =>
  checkAccess(
    accepted({
      method: 'GET',
      target,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...more,
    }),
    { method: more.method ?? 'GET' },
  )

/** `allowed`, or the reason. */
const answerOf = ({ result }: CheckDecision) => (result.ok ? 'allowed' : result.refusal.reason)

const scopeOf = ({ result }: CheckDecision) => (result.ok ? undefined : result.refusal.scope)

const only = (...actions: string[]) =>
  createPolicy([
    {
      id: 'only',
      type: compilePattern('repository'),
      name: compilePattern('${namespace}/**'),
      actions,
    },
  ])

const mount = (target: string, from: string) =>
  `/v2/${target}/blobs/uploads/?mount=${DIGEST}&from=${from}`

describe('checkAccess', () => {
  const PATHS: readonly (readonly [target: string, path: string | undefined])[] = [
    ['/nothing?token=canary', '/nothing'],
    ['/v2/team-a/../x/tags/list#canary', '/v2/team-a/../x/tags/list'],
    ['http://canary:canary@registry/x?canary', '/x'],
    ['/v2/\n{"level":"info"}/tags/list', '/v2/?{"level":"info"}/tags/list'],
    [`/${'x'.repeat(9_000)}`, '/<9000>'],
    ['/x'.repeat(200), `${'/x'.repeat(128)}…`],
    [`/v2/team-a/tags/sha256:${'0'.repeat(64)}`, `/v2/team-a/tags/sha256:${'0'.repeat(64)}`],
    [MANIFEST, undefined],
  ]
  for (const [target, path] of PATHS) {
    it(`records ${String(path).slice(0, 40)} of ${JSON.stringify(target).slice(0, 40)}`, async () => {
      const { checkAccess, events } = startFlows(PEOPLE)
      await checkAccess(accepted({ method: 'GET', target }), {})
      assert.equal(events[0]?.path, path)
      assert.doesNotMatch(JSON.stringify(events), /canary/)
    })
  }

  it('asks the policy with who it is, for which service and from where', async () => {
    const flows = startFlows(PEOPLE)
    const token = await flows.tokenFor('team-a', 'canary-a', 'repository:team-a/app:pull')
    const rule = {
      ...{ id: 'inside', type: compilePattern('repository'), name: compilePattern('**') },
      ...{ actions: ['pull'], network: networkOf('10.0.0.0', 8) },
    }
    const check = async (more: object, address?: string) => {
      flows.policy(createPolicy([{ ...rule, ...more }]))
      const decision = await flows.checkAccess(
        accepted({ method: 'GET', target: MANIFEST, authorization: `Bearer ${token}` }),
        address === undefined ? {} : { address },
      )
      return answerOf(decision)
    }
    const right = { account: compilePattern('team-a'), service: compilePattern(SERVICE) }
    assert.equal(await check(right, '10.1.2.3'), 'allowed')
    assert.equal(await check(right, '11.1.2.3'), 'access_denied')
    assert.equal(await check(right), 'access_denied')
    const { account, service } = right
    assert.equal(await check({ account, service: account }, '10.1.2.3'), 'access_denied')
    assert.equal(await check({ account: service, service }, '10.1.2.3'), 'access_denied')
  })

  const REQUESTS: readonly (readonly [
    method: string,
    target: string,
    scope: string,
    answer: string,
  ])[] = [
    ['GET', MANIFEST, 'repository:team-a/app:pull', 'allowed'],
    ['HEAD', `/v2/team-a/app/blobs/${DIGEST}`, 'repository:team-a/app:pull', 'allowed'],
    ['GET', '/v2/team-a/app/tags/list?n=5', 'repository:team-a/app:pull', 'allowed'],
    ['PUT', MANIFEST, 'repository:team-a/app:pull,push', 'allowed'],
    ['POST', '/v2/team-a/app/blobs/uploads/', 'repository:team-a/app:pull,push', 'allowed'],
    ['DELETE', MANIFEST, 'repository:team-a/app:delete', 'allowed'],
    ['DELETE', MANIFEST, 'repository:team-a/app:*', 'allowed'],
    ['GET', '/v2/', '', 'allowed'],
    ['GET', '/v2/', 'repository:team-b/app:pull', 'allowed'],

    ['GET', MANIFEST, '', 'scope_insufficient'],
    ['PUT', MANIFEST, 'repository:team-a/app:pull', 'scope_insufficient'],
    ['DELETE', MANIFEST, 'repository:team-a/app:pull,push', 'scope_insufficient'],
    ['GET', MANIFEST, 'repository:team-a/other:pull', 'scope_insufficient'],
    ['GET', MANIFEST, 'repository:team-a/app/deeper:pull', 'scope_insufficient'],
    ['GET', MANIFEST, 'repository:team-b/app:pull', 'scope_insufficient'],

    ['GET', '/v2/team-b/app/manifests/v1', ALL, 'access_denied'],
    ['PUT', '/v2/team-b/app/manifests/v1', ALL, 'access_denied'],
    ['GET', '/v2/team-b/app/manifests/v1', 'repository:team-b/app:pull', 'access_denied'],
    ['GET', '/v2/team-a-b/app/manifests/v1', ALL, 'access_denied'],
    ['GET', '/v2/team-a/manifests/v1', ALL, 'access_denied'],
    ['GET', '/v2/_catalog', 'registry:catalog:*', 'access_denied'],

    ['GET', '/v2/team-a/../team-b/manifests/v1', ALL, 'path_invalid'],
    ['GET', '/v2/team-b%2Fapp/manifests/v1', ALL, 'path_invalid'],
    ['GET', '/v2/team-a/app/secrets', ALL, 'route_unknown'],
    ['PATCH', MANIFEST, ALL, 'method_unsupported'],
    ['POST', '/v2/team-a/app/blobs/uploads/?from=team-b/app', ALL, 'query_invalid'],
  ]
  for (const [method, target, scope, answer] of REQUESTS) {
    it(`answers ${answer} to ${method} ${target} with ${scope === '' ? 'a login' : scope}`, async () => {
      const flows = startFlows(PEOPLE)
      const token = await flows.tokenFor('team-a', 'canary-a', scope)
      assert.equal(answerOf(await ask(flows, token, target, { method })), answer)
    })
  }

  it('tells the registry who asks, in characters that a header can hold', async () => {
    const flows = startFlows([person('team-a', 'canary', 'Grüße, "x"\u2028')])
    const token = await flows.tokenFor('Grüße, "x"\u2028', 'canary', ALL)
    const { result } = await ask(flows, token)
    assert.deepEqual(result, {
      ok: true,
      value: {
        headers: {
          'x-rauth-account': 'Gr%C3%BC%C3%9Fe%2C%20%22x%22%E2%80%A8',
          'x-rauth-namespace': 'team-a',
        },
        removeQuery: [],
      },
    })
  })

  const HEADERS: readonly (readonly [string, string | undefined, string])[] = [
    ['no header', undefined, 'token_missing'],
    ['an empty header', '', 'token_missing'],
    ['Basic credentials', 'Basic dGVhbS1hOmNhbmFyeS1h', 'authorization_malformed'],
    ['two tokens', 'Bearer a.b.c, Bearer d.e.f', 'authorization_malformed'],
    ['a token that is none', 'Bearer a.b.c', 'token_invalid'],
  ]
  for (const [name, authorization, reason] of HEADERS) {
    it(`answers ${reason} and the scope that is needed to ${name}`, async () => {
      const flows = startFlows(PEOPLE)
      const more = authorization === undefined ? {} : { authorization }
      const decision = await ask(flows, undefined, MANIFEST, { ...more, method: 'PUT' })
      assert.equal(answerOf(decision), reason)
      assert.equal(scopeOf(decision), 'repository:team-a/app:pull,push')
      const base = await ask(flows, undefined, '/v2/', more)
      assert.equal(answerOf(base), reason)
      assert.equal(scopeOf(base), '')
    })
  }

  it('names the scope that is needed when the token lacks it, and not when it is no use', async () => {
    const flows = startFlows(PEOPLE)
    const token = await flows.tokenFor('team-a', 'canary-a')
    assert.equal(scopeOf(await ask(flows, token)), 'repository:team-a/app:pull')
    assert.equal(scopeOf(await ask(flows, token, '/v2/team-b/app/manifests/v1')), undefined)
  })

  it('refuses a token that has expired', async () => {
    const flows = startFlows(PEOPLE)
    const token = await flows.tokenFor('team-a', 'canary-a', 'repository:team-a/app:pull')
    flows.at(Math.floor(NOW) + EXPIRY + LEEWAY - 1)
    assert.equal(answerOf(await ask(flows, token)), 'allowed')
    flows.at(Math.floor(NOW) + EXPIRY + LEEWAY)
    const decision = await ask(flows, token)
    assert.equal(answerOf(decision), 'token_invalid')
    assert.equal(scopeOf(decision), 'repository:team-a/app:pull')
  })

  it('takes a token that can push for as long as it was given', async () => {
    const flows = startFlows(PEOPLE)
    const token = await flows.tokenFor('team-a', 'canary-a', ALL)
    flows.at(Math.floor(NOW) + PUSH_EXPIRY + LEEWAY - 1)
    assert.equal(answerOf(await ask(flows, token)), 'allowed')
    flows.at(Math.floor(NOW) + PUSH_EXPIRY + LEEWAY)
    assert.equal(answerOf(await ask(flows, token)), 'token_invalid')
  })

  it('takes no token of another service, nor a refresh token', async () => {
    const flows = startFlows(PEOPLE)
    const other = await flows.login('team-a', 'canary-a', ALL, { service: OTHER_SERVICE })
    const offline = await flows.login('team-a', 'canary-a', '', { offline: true })
    assert.ok(other.result.ok && offline.result.ok)
    for (const token of [other.result.value.token, offline.result.value.refreshToken]) {
      assert.ok(token !== undefined)
      for (const target of [MANIFEST, '/v2/']) {
        assert.equal(answerOf(await ask(flows, token, target)), 'token_invalid')
      }
    }
  })

  describe('with public and shared repositories', () => {
    const PULL = 'repository:library/app:pull'
    const open = namespacePolicy({ public: ['library/**'], shared: ['shared/**'] })
    async function start(scope = PULL) {
      const flows = startFlows(PEOPLE)
      flows.policy(open)
      const { result } = await flows.request(NOBODY, scope)
      assert.ok(result.ok, JSON.stringify(result))
      return { flows, token: result.value.token }
    }

    const NOBODY_GETS: readonly (readonly [method: string, target: string, answer: string])[] = [
      ['GET', '/v2/library/app/manifests/v1', 'allowed'],
      ['HEAD', `/v2/library/app/blobs/${DIGEST}`, 'allowed'],
      ['GET', '/v2/library/app/tags/list', 'allowed'],
      ['GET', '/v2/', 'allowed'],
      ['GET', '/v2/library/other/manifests/v1', 'scope_insufficient'],
      ['PUT', '/v2/library/app/manifests/v1', 'login_required'],
      ['DELETE', '/v2/library/app/manifests/v1', 'login_required'],
      ['POST', '/v2/library/app/blobs/uploads/', 'login_required'],
      ['POST', mount('team-a/app', 'library/app'), 'login_required'],
      ['GET', MANIFEST, 'login_required'],
      ['GET', '/v2/shared/app/manifests/v1', 'login_required'],
      ['GET', '/v2/library/manifests/v1', 'login_required'],
      ['GET', '/v2/_catalog', 'login_required'],
      ['GET', '/v2/library/../team-a/manifests/v1', 'path_invalid'],
    ]
    for (const [method, target, answer] of NOBODY_GETS) {
      it(`answers ${answer} to ${method} ${target} without credentials`, async () => {
        const { flows, token } = await start()
        const decision = await ask(flows, token, target, { method })
        assert.equal(answerOf(decision), answer)
        if (/^(scope|login)/.test(answer)) assert.match(scopeOf(decision) ?? '', /:/)
      })
    }

    it('still asks for a token where there is none', async () => {
      const { flows } = await start()
      for (const target of ['/v2/', '/v2/library/app/manifests/v1']) {
        assert.equal(answerOf(await ask(flows, undefined, target)), 'token_missing')
      }
    })

    it('tells the registry that it was nobody, in values that nobody else has', async () => {
      const { flows, token } = await start()
      const { result } = await ask(flows, token, '/v2/library/app/manifests/v1')
      const headers = { 'x-rauth-account': '-', 'x-rauth-namespace': '-' }
      assert.deepEqual(result, { ok: true, value: { headers, removeQuery: [] } })
    })

    it('takes back at once what is public no more', async () => {
      const { flows, token } = await start()
      const target = '/v2/library/app/manifests/v1'
      assert.equal(answerOf(await ask(flows, token, target)), 'allowed')
      flows.policy(namespacePolicy({ public: [], shared: ['library/**'] }))
      for (const one of [target, '/v2/']) {
        assert.equal(answerOf(await ask(flows, token, one)), 'token_invalid')
      }
      flows.policy(open)
      assert.equal(answerOf(await ask(flows, token, target)), 'allowed')
    })

    it('answers 503 while the credentials are not loaded', async () => {
      const { flows, token } = await start()
      flows.ready(false)
      assert.equal(answerOf(await ask(flows, token, '/v2/library/app/manifests/v1')), 'not_ready')
    })

    it('lets every namespace pull what is shared or public, and nothing more', async () => {
      const { flows } = await start()
      const scope = 'repository:shared/app:pull,push repository:library/app:pull,push'
      const token = await flows.tokenFor('team-a', 'canary-a', scope)
      for (const name of ['shared/app', 'library/app']) {
        const target = `/v2/${name}/manifests/v1`
        assert.equal(answerOf(await ask(flows, token, target)), 'allowed')
        assert.equal(answerOf(await ask(flows, token, target, { method: 'PUT' })), 'access_denied')
      }
      flows.people([teamB])
      const gone = await ask(flows, token, '/v2/library/app/manifests/v1')
      assert.equal(answerOf(gone), 'credential_revoked')
    })

    it('lets a namespace mount what is shared', async () => {
      const { flows } = await start()
      const scope = 'repository:team-a/app:pull,push repository:shared/base:pull'
      const token = await flows.tokenFor('team-a', 'canary-a', scope)
      const target = mount('team-a/app', 'shared/base')
      assert.equal(answerOf(await ask(flows, token, target, { method: 'POST' })), 'allowed')
    })

    it('leaves the owner of a shared name all it had', async () => {
      const flows = startFlows([person('shared', 'canary-s')])
      flows.policy(open)
      const token = await flows.tokenFor('shared', 'canary-s', 'repository:shared/app:pull,push')
      const put = await ask(flows, token, '/v2/shared/app/manifests/v1', { method: 'PUT' })
      assert.equal(answerOf(put), 'allowed')
    })
  })

  describe('takes back what a token held', () => {
    const REVOKED: readonly (readonly [string, readonly ReturnType<typeof person>[]])[] = [
      ['its password was changed', [person('team-a', 'canary-new'), teamB]],
      ['its user name was changed', [person('team-a', 'canary-a', 'renamed'), teamB]],
      ['its Secret is gone', [teamB]],
      ['all Secrets are gone', []],
      [
        'its user name and password moved to another namespace',
        [person('team-x', 'canary-a', 'team-a')],
      ],
    ]
    for (const [name, people] of REVOKED) {
      it(`at once when ${name}, also for /v2/`, async () => {
        const flows = startFlows(PEOPLE)
        const token = await flows.tokenFor('team-a', 'canary-a', ALL)
        assert.equal(answerOf(await ask(flows, token)), 'allowed')
        flows.people(people)
        for (const target of [MANIFEST, '/v2/']) {
          assert.equal(answerOf(await ask(flows, token, target)), 'credential_revoked')
        }
      })
    }

    it('until the same credential is back', async () => {
      const flows = startFlows(PEOPLE)
      const token = await flows.tokenFor('team-a', 'canary-a', ALL)
      flows.people([])
      assert.equal(answerOf(await ask(flows, token)), 'credential_revoked')
      flows.people([teamA])
      assert.equal(answerOf(await ask(flows, token)), 'allowed')
    })

    it('in one namespace and not in the other that the password fitted', async () => {
      const flows = startFlows(PEOPLE)
      const scope = 'repository:team-c/x:pull repository:team-d/x:pull'
      const token = await flows.tokenFor('robot', 'canary-shared', scope)
      const of = (namespace: string) => ask(flows, token, `/v2/${namespace}/x/manifests/v1`)
      for (const namespace of ['team-c', 'team-d']) {
        const { result } = await of(namespace)
        assert.equal(result.ok && result.value.headers['x-rauth-namespace'], 'team-c,team-d')
      }
      flows.people([person('team-c', 'canary-new', 'robot'), robotD])
      assert.equal(answerOf(await of('team-c')), 'access_denied')
      const { result } = await of('team-d')
      assert.equal(result.ok && result.value.headers['x-rauth-namespace'], 'team-d')
      assert.equal(answerOf(await ask(flows, token, '/v2/')), 'allowed')
    })

    it('when the policy was tightened after it was issued', async () => {
      const flows = startFlows(PEOPLE)
      const token = await flows.tokenFor('team-a', 'canary-a', ALL)
      flows.policy(only('pull'))
      assert.equal(answerOf(await ask(flows, token)), 'allowed')
      for (const method of ['PUT', 'DELETE']) {
        assert.equal(answerOf(await ask(flows, token, MANIFEST, { method })), 'access_denied')
      }
      flows.policy(createPolicy([]))
      assert.equal(answerOf(await ask(flows, token)), 'access_denied')
      assert.equal(answerOf(await ask(flows, token, '/v2/')), 'allowed')
    })
  })

  describe('judges a token by the credential of now', () => {
    const until = (password: string, notAfter: number) => ({
      ...person('team-a', password),
      notAfter,
    })
    const may = (...actions: string[]) => ({ ...teamA, actions })

    it('and lets that of a previous password end with it, and no other', async () => {
      const flows = startFlows([teamA])
      const old = await flows.tokenFor('team-a', 'canary-a', ALL)
      flows.people([until('canary-a', NOW + 60), person('team-a', 'canary-new')])
      const current = await flows.tokenFor('team-a', 'canary-new', ALL)
      flows.at(NOW + 59)
      for (const token of [old, current]) assert.equal(answerOf(await ask(flows, token)), 'allowed')
      flows.at(NOW + 60)
      for (const target of [MANIFEST, '/v2/']) {
        assert.equal(answerOf(await ask(flows, old, target)), 'credential_revoked')
        assert.equal(answerOf(await ask(flows, current, target)), 'allowed')
      }
    })

    it('before its time, too', async () => {
      const flows = startFlows([teamA])
      const token = await flows.tokenFor('team-a', 'canary-a', ALL)
      flows.people([{ ...teamA, notBefore: NOW + 60 }])
      assert.equal(answerOf(await ask(flows, token)), 'credential_revoked')
      flows.at(NOW + 60)
      assert.equal(answerOf(await ask(flows, token)), 'allowed')
    })

    it('and of several entries ends only those of the one that is removed', async () => {
      const others = [person('team-a', 'canary-ci', 'ci'), person('team-a', 'canary-x')]
      const flows = startFlows([teamA, ...others])
      const tokens = await Promise.all([
        flows.tokenFor('team-a', 'canary-a', ALL),
        flows.tokenFor('ci', 'canary-ci', ALL),
        flows.tokenFor('team-a', 'canary-x', ALL),
      ])
      const answers = async () =>
        Promise.all(tokens.map(async (token) => answerOf(await ask(flows, token))))
      assert.deepEqual(await answers(), ['allowed', 'allowed', 'allowed'])
      flows.people(others)
      assert.deepEqual(await answers(), ['credential_revoked', 'allowed', 'allowed'])
    })

    it('and takes back what it may no more, and gives back what it may again', async () => {
      const flows = startFlows([teamA])
      const token = await flows.tokenFor('team-a', 'canary-a', ALL)
      const put = async () => answerOf(await ask(flows, token, MANIFEST, { method: 'PUT' }))
      assert.equal(await put(), 'allowed')
      flows.people([may('pull')])
      assert.equal(await put(), 'access_denied')
      assert.equal(answerOf(await ask(flows, token)), 'allowed')
      const remove = await ask(flows, token, MANIFEST, { method: 'DELETE' })
      assert.equal(answerOf(remove), 'access_denied')
      flows.people([may('pull', 'push')])
      assert.equal(await put(), 'allowed')
    })

    it('also where the token holds everything', async () => {
      const flows = startFlows([teamA])
      const token = await flows.tokenFor('team-a', 'canary-a', 'repository:team-a/app:*')
      flows.people([may('pull')])
      for (const [method, answer] of [
        ['GET', 'allowed'],
        ['PUT', 'access_denied'],
        ['DELETE', 'access_denied'],
      ] as const) {
        assert.equal(answerOf(await ask(flows, token, MANIFEST, { method })), answer)
      }
    })

    it('and needs for a mount into its own what a push needs', async () => {
      const flows = startFlows([may('pull')])
      const scope = `${ALL} repository:team-a/base:pull`
      const token = await flows.tokenFor('team-a', 'canary-a', scope)
      const target = mount('team-a/app', 'team-a/base')
      assert.equal(answerOf(await ask(flows, token, target, { method: 'POST' })), 'access_denied')
    })
  })

  it('gives a token no more when the policy was loosened after it was issued', async () => {
    const flows = startFlows(PEOPLE)
    flows.policy(only('pull'))
    const token = await flows.tokenFor('team-a', 'canary-a', ALL)
    flows.policy(only('*'))
    const decision = await ask(flows, token, MANIFEST, { method: 'PUT' })
    assert.equal(answerOf(decision), 'scope_insufficient')
  })

  it('answers 503 to a good token while the credentials are not loaded, and 401 to a bad', async () => {
    const flows = startFlows(PEOPLE)
    const token = await flows.tokenFor('team-a', 'canary-a', ALL)
    flows.ready(false)
    flows.people([])
    assert.equal(answerOf(await ask(flows, token)), 'not_ready')
    assert.equal(answerOf(await ask(flows, 'a.b.c')), 'token_invalid')
    assert.equal(answerOf(await ask(flows, undefined)), 'token_missing')
    assert.deepEqual(
      flows.events.slice(1).map(({ outcome, status }) => `${outcome} ${String(status)}`),
      ['failed 503', 'refused 401', 'refused 401'],
    )
  })

  describe('with a mount', () => {
    const own = 'repository:team-a/app:pull,push repository:team-a/base:pull'
    const cases: readonly (readonly [
      name: string,
      target: string,
      from: string,
      scope: string,
      answer: string,
    ])[] = [
      ['inside the namespace is allowed', 'team-a/app', 'team-a/base', own, 'allowed'],
      ['from the repository itself is allowed', 'team-a/app', 'team-a/app', own, 'allowed'],
      [
        'whose source the token does not hold asks for a better token',
        ...(['team-a/app', 'team-a/base', ALL, 'scope_insufficient'] as const),
      ],
      [
        'whose target the token does not hold asks for a better token',
        ...(['team-a/app', 'team-a/base', 'repository:team-a/base:pull'] as const),
        'scope_insufficient',
      ],
      [
        'into another namespace is denied',
        ...(['team-b/app', 'team-a/base', own, 'access_denied'] as const),
      ],
      [
        'between other namespaces is denied',
        ...(['team-b/app', 'team-b/base', own, 'access_denied'] as const),
      ],
    ]
    for (const [name, target, from, scope, answer] of cases) {
      it(name, async () => {
        const flows = startFlows(PEOPLE)
        const token = await flows.tokenFor('team-a', 'canary-a', scope)
        const decision = await ask(flows, token, mount(target, from), { method: 'POST' })
        assert.equal(answerOf(decision), answer)
        if (answer !== 'scope_insufficient') return
        const needed = [`repository:${target}:pull,push`, `repository:${from}:pull`].sort()
        assert.equal(scopeOf(decision), needed.join(' '))
      })
    }

    it('that names no source goes on as a plain upload, without it', async () => {
      const flows = startFlows(PEOPLE)
      const token = await flows.tokenFor('team-a', 'canary-a', own)
      const target = `/v2/team-a/app/blobs/uploads/?mount=${DIGEST}`
      const { result } = await ask(flows, token, target, { method: 'POST' })
      assert.deepEqual(result.ok && result.value.removeQuery, ['mount'])
    })

    it('that names no source goes nowhere, where the proxy can take nothing out of a query', async () => {
      const flows = startFlows(PEOPLE)
      const token = await flows.tokenFor('team-a', 'canary-a', own)
      const target = `/v2/team-a/app/blobs/uploads/?mount=${DIGEST}`
      const fixed = { method: 'POST', queryIsFixed: true }
      const decision = await ask(flows, token, target, fixed)
      assert.equal(answerOf(decision), 'mount_unremovable')
      assert.equal(scopeOf(decision), 'repository:team-a/app:pull,push')
      const named = await ask(flows, token, mount('team-a/app', 'team-a/app'), fixed)
      assert.equal(answerOf(named), 'allowed')
    })

    it('across the namespaces of one user is allowed, while both credentials live', async () => {
      const flows = startFlows(PEOPLE)
      const scope = 'repository:team-c/x:pull,push repository:team-d/x:pull'
      const token = await flows.tokenFor('robot', 'canary-shared', scope)
      const target = mount('team-c/x', 'team-d/x')
      assert.equal(answerOf(await ask(flows, token, target, { method: 'POST' })), 'allowed')
      flows.people([robotC])
      const after = await ask(flows, token, target, { method: 'POST' })
      assert.deepEqual(after.result.ok && after.result.value.removeQuery, ['mount', 'from'])
    })

    describe('whose source is out of reach', () => {
      const scope = `${own} repository:team-b/secret:pull`
      const target = mount('team-a/app', 'team-b/secret')
      async function decided(how?: 'challenge' | 'deny', wanted = scope) {
        const flows = startFlows(PEOPLE)
        const token = await flows.tokenFor('team-a', 'canary-a', wanted)
        const checkAccess = flows.checkWith(how === undefined ? {} : { mount: how })
        const decision = await ask({ ...flows, checkAccess }, token, target, { method: 'POST' })
        return { decision, event: flows.events.at(-1) }
      }

      it('goes on as a plain upload, and the record says so', async () => {
        const { decision, event } = await decided()
        assert.deepEqual(decision.result.ok && decision.result.value.removeQuery, ['mount', 'from'])
        assert.equal(event?.mount, 'removed')
        assert.equal(event.outcome, 'allowed')
      })

      it('needs what an upload needs all the same', async () => {
        const { decision, event } = await decided(undefined, 'repository:team-a/app:pull')
        assert.equal(answerOf(decision), 'scope_insufficient')
        assert.equal(event?.mount, undefined)
      })

      it('is a 401 if so configured, after which clients upload', async () => {
        const { decision } = await decided('challenge')
        assert.equal(answerOf(decision), 'mount_denied')
        assert.equal(
          scopeOf(decision),
          'repository:team-a/app:pull,push repository:team-b/secret:pull',
        )
      })

      it('is a 403 if so configured', async () => {
        assert.equal(answerOf((await decided('deny')).decision), 'access_denied')
      })
    })
  })

  describe('an upload that outlives its token', () => {
    const GRACE = 600
    const UPLOAD = '/v2/team-a/app/blobs/uploads/7b1e-4f'
    const STEPS: readonly (readonly [method: string, target: string, answer: string])[] = [
      ['PATCH', UPLOAD, 'allowed'],
      ['PUT', `${UPLOAD}?digest=${DIGEST}`, 'allowed'],
      ['GET', UPLOAD, 'allowed'],
      ['HEAD', UPLOAD, 'allowed'],
      ['PUT', MANIFEST, 'allowed'],
      ['PUT', `/v2/team-a/app/manifests/${DIGEST}`, 'allowed'],
      ['DELETE', UPLOAD, 'token_invalid'],
      ['POST', '/v2/team-a/app/blobs/uploads/', 'token_invalid'],
      ['GET', MANIFEST, 'token_invalid'],
      ['DELETE', MANIFEST, 'token_invalid'],
      ['GET', '/v2/', 'token_invalid'],
    ]
    for (const [method, target, answer] of STEPS) {
      it(`${answer === 'allowed' ? 'may' : 'may not'} go on with ${method} ${target}`, async () => {
        const flows = startFlows(PEOPLE)
        const token = await flows.tokenFor('team-a', 'canary-a', ALL)
        const graceful = { ...flows, checkAccess: flows.checkWith({ uploadGrace: GRACE }) }
        const at = (after: number, which: Flows = graceful) => {
          flows.at(NOW + PUSH_EXPIRY + LEEWAY + after)
          return ask(which, token, target, { method })
        }
        assert.equal(answerOf(await at(GRACE - 1)), answer)
        assert.equal(answerOf(await at(GRACE)), 'token_invalid')
        assert.equal(answerOf(await at(0, flows)), 'token_invalid', 'off unless it is configured')
      })
    }

    it('ends with its credential', async () => {
      const flows = startFlows(PEOPLE)
      const token = await flows.tokenFor('team-a', 'canary-a', ALL)
      const graceful = { ...flows, checkAccess: flows.checkWith({ uploadGrace: GRACE }) }
      flows.at(NOW + PUSH_EXPIRY + LEEWAY + 1)
      flows.people([teamB])
      assert.equal(
        answerOf(await ask(graceful, token, UPLOAD, { method: 'PATCH' })),
        'credential_revoked',
      )
    })
  })

  describe('a registry of several', () => {
    const tokenOf = async (flows: Flows, service: string) => {
      const { result } = await flows.login('team-a', 'canary-a', ALL, { service })
      return result.ok ? result.value.token : assert.fail(result.refusal.reason)
    }

    it('takes the tokens of the service that its proxy names, and no other', async () => {
      const flows = startFlows(PEOPLE)
      const main = await tokenOf(flows, SERVICE)
      const other = await tokenOf(flows, OTHER_SERVICE)
      const at = async (token: string, service?: string) =>
        answerOf(await ask(flows, token, MANIFEST, service === undefined ? {} : { service }))
      assert.equal(await at(main), 'allowed')
      assert.equal(await at(main, SERVICE), 'allowed')
      assert.equal(await at(other, OTHER_SERVICE), 'allowed')
      assert.equal(await at(other), 'token_invalid')
      assert.equal(await at(main, OTHER_SERVICE), 'token_invalid')
    })

    it('is none that is not configured: nothing can be told of it', async () => {
      const flows = startFlows(PEOPLE)
      const token = await tokenOf(flows, SERVICE)
      for (const service of ['', 'unknown', `${SERVICE} `]) {
        assert.equal(answerOf(await ask(flows, token, MANIFEST, { service })), 'internal')
      }
    })
  })

  describe('a user name and a password', () => {
    const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`
    const from = { address: '192.0.2.1' }
    function started() {
      const flows = startFlows(PEOPLE)
      const seen: unknown[] = []
      const checkAccess = flows.checkWith(
        {},
        {
          login(presented, origin) {
            seen.push(origin)
            return flows.deps.authenticate(presented)
          },
        },
      )
      const at = async (authorization: string, target = MANIFEST, method = 'GET') => {
        const request = { method, target, authorization }
        return checkAccess(accepted(request), from)
      }
      return { flows, seen, at }
    }

    it('are taken for what the policy gives, if that is configured', async () => {
      const { flows, seen, at } = started()
      const good = basic('team-a:canary-a')
      assert.equal(answerOf(await at(good)), 'allowed')
      assert.equal(answerOf(await at(good, '/v2/')), 'allowed')
      assert.equal(answerOf(await at(good, MANIFEST, 'DELETE')), 'allowed')
      assert.equal(answerOf(await at(good, '/v2/team-b/app/tags/list')), 'access_denied')
      assert.deepEqual(seen[0], from)
      assert.equal(flows.events[0]?.account, 'team-a')
      flows.policy(only('pull'))
      assert.equal(answerOf(await at(good, MANIFEST, 'PUT')), 'access_denied')
    })

    it('are refused like elsewhere', async () => {
      const { at } = started()
      for (const [text, reason] of [
        ['team-a:wrong', 'credentials_invalid'],
        ['nobody:canary-a', 'credentials_invalid'],
        [':', 'token_missing'],
        ['no colon', 'credentials_malformed'],
      ] as const) {
        assert.equal(answerOf(await at(basic(text))), reason, text)
      }
      assert.equal(answerOf(await at('Basic')), 'credentials_malformed')
      const twice = `${basic('team-a:canary-a')},${basic('team-a:canary-a')}`
      assert.equal(answerOf(await at(twice)), 'credentials_malformed')
    })

    it('are no token where that is not configured', async () => {
      const flows = startFlows(PEOPLE)
      const authorization = basic('team-a:canary-a')
      const decision = await ask(flows, undefined, MANIFEST, { authorization })
      assert.equal(answerOf(decision), 'authorization_malformed')
    })

    it('still let tokens in', async () => {
      const { flows, at } = started()
      const token = await flows.tokenFor('team-a', 'canary-a', ALL)
      assert.equal(answerOf(await at(`Bearer ${token}`)), 'allowed')
    })
  })

  it('hands on what the reader of the request refused', async () => {
    const { checkAccess, events } = startFlows(PEOPLE)
    const refusal = refused('request_malformed', { detail: 'no path' })
    const { decision, result } = await checkAccess(refusal, {})
    assert.deepEqual(result, refusal)
    assert.deepEqual(events, [
      {
        id: decision,
        half: 'gateway',
        outcome: 'refused',
        status: 400,
        reason: 'request_malformed',
        detail: 'no path',
        duration: 0,
      },
    ])
  })

  describe('records each decision once and no secret', () => {
    it('when it allows', async () => {
      const flows = startFlows(PEOPLE)
      const token = await flows.tokenFor('team-a', 'canary-a', ALL)
      flows.events.length = 0
      const { decision } = await flows.checkAccess(
        accepted({ method: 'GET', target: MANIFEST, authorization: `Bearer ${token}` }),
        { method: 'GET', address: '10.0.0.1' },
      )
      assert.deepEqual(flows.events, [
        {
          id: decision,
          half: 'gateway',
          outcome: 'allowed',
          status: 200,
          duration: 0,
          method: 'GET',
          address: '10.0.0.1',
          route: 'manifest_read',
          requested: 'repository:team-a/app:pull',
          account: 'team-a',
          tokenId: 'id-2',
          keyId,
          granted: ALL,
          namespaces: ['team-a'],
          credentials: ['team-a/registry-credentials'],
          rule: 'own-namespace',
        },
      ])
    })

    it('when it refuses', async () => {
      const flows = startFlows(PEOPLE)
      const token = await flows.tokenFor('team-a', 'canary-a')
      flows.events.length = 0
      const { decision } = await ask(flows, token)
      assert.deepEqual(flows.events, [
        {
          id: decision,
          half: 'gateway',
          outcome: 'refused',
          status: 401,
          reason: 'scope_insufficient',
          duration: 0,
          method: 'GET',
          route: 'manifest_read',
          requested: 'repository:team-a/app:pull',
          account: 'team-a',
          tokenId: 'id-2',
          keyId,
          granted: '',
          namespaces: ['team-a'],
          credentials: ['team-a/registry-credentials'],
          rule: 'own-namespace',
        },
      ])
    })

    it('whatever it is asked', async () => {
      const flows = startFlows(PEOPLE)
      const token = await flows.tokenFor('team-a', 'canary-a', ALL)
      flows.events.length = 0
      const [header = '', payload = '', signature = ''] = token.split('.')
      const requests: Partial<RegistryRequest>[] = [
        {},
        { method: 'PUT' },
        { target: '/v2/' },
        { target: '/v2/team-b/x/tags/list' },
        { target: `${MANIFEST}?access_token=${token}` },
        { target: `/v2/team-a/app/manifests/${token}` },
        { target: `/v2/${token}` },
        { authorization: `Basic ${Buffer.from('team-a:canary-a').toString('base64')}` },
        { authorization: `Bearer ${token}, Bearer ${token}` },
        { authorization: `Bearer ${token}x` },
        { authorization: `Bearer ${payload}.${header}.${signature}` },
      ]
      for (const more of requests) await ask(flows, token, MANIFEST, more)
      assert.equal(flows.events.length, requests.length)
      const text = JSON.stringify(flows.events)
      for (const secret of [
        'canary',
        'Y2FuYXJ5',
        header,
        payload,
        signature,
        generationOf(teamA),
      ]) {
        assert.ok(!text.includes(secret), `${secret} is in ${text}`)
      }
    })
  })

  const boom = () => {
    throw new TypeError('boom')
  }
  const BROKEN: readonly (readonly [string, (deps: Flows['deps']) => Partial<Flows['deps']>])[] = [
    ['the store finds no credential', ({ store }) => ({ store: { ...store, find: boom } })],
    ['the store is asked if it is ready', ({ store }) => ({ store: { ...store, ready: boom } })],
    ['the verifier', () => ({ verifier: { verify: boom } })],
    ['the policy', () => ({ policy: boom })],
  ]
  for (const [name, broken] of BROKEN) {
    it(`answers 503 and lets nothing pass when this throws: ${name}`, async () => {
      const flows = startFlows(PEOPLE)
      const token = await flows.tokenFor('team-a', 'canary-a', ALL)
      flows.events.length = 0
      const checkAccess = flows.checkWith({}, broken(flows.deps))
      const { result } = await ask({ ...flows, checkAccess }, token)
      assert.deepEqual(result, refused('internal', { detail: 'boom' }))
      assert.equal(flows.events.length, 1)
      assert.equal(flows.events[0]?.status, 503)
    })
  }
})
