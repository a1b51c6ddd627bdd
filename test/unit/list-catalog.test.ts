import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { RepositoryPages } from '../../src/catalog-pages.ts'
import type { CatalogDecision, CatalogRequest } from '../../src/list-catalog.ts'
import { networkOf } from '../../src/policy/network.ts'
import { compilePattern } from '../../src/policy/pattern.ts'
import { createPolicy, namespacePolicy } from '../../src/policy/policy.ts'
import { accepted, refused } from '../../src/refusal.ts'
import {
  EXPIRY,
  LEEWAY,
  NOBODY,
  NOW,
  OTHER_SERVICE,
  person,
  startFlows,
  type Flows,
} from '../support/flows.ts'

const teamA = person('team-a', 'canary-a')
const teamB = person('team-b', 'canary-b')
const robotC = person('team-c', 'canary-shared', 'robot')
const robotD = person('team-d', 'canary-shared', 'robot')
const platform = person('platform', 'canary-p')
const PEOPLE = [teamA, teamB, robotC, robotD, platform]

const CATALOG = 'registry:catalog:*'
const NAMES = [
  ...['library/x', 'shared/x', 'team-a', 'team-a/app', 'team-a/x/y', 'team-a-b/app', 'team-b/app'],
  ...['team-b/public', 'team-c/app', 'team-d/app'],
]
/** distribution takes some of them; they are repositories of nobody. */
const ODD = [
  'team-a/UPPER',
  'team-a//x',
  'team-a/../team-b',
  'localhost:5000/team-a',
  'team-a/x\n',
  '',
]

/** One page with everything, and how often it was asked for. */
function registryOf(names: readonly string[] = [...NAMES, ...ODD]) {
  const state = { walks: 0 }
  const registry: RepositoryPages = {
    walk(_signal, read) {
      state.walks += 1
      return read((last) => {
        const at = last === '' ? -1 : names.indexOf(last)
        return Promise.resolve(accepted({ names: names.slice(at + 1), next: undefined }))
      })
    },
  }
  return { registry, state }
}

function start(names?: readonly string[]) {
  const flows = startFlows(PEOPLE)
  flows.policy(
    namespacePolicy({
      public: ['library/**', 'team-b/public'],
      shared: ['shared/**'],
      administrators: ['platform'],
    }),
  )
  const { registry, state } = registryOf(names)
  return { ...flows, state, listCatalog: flows.listCatalogOf(registry) }
}

type Started = ReturnType<typeof start>

const list = (
  { listCatalog }: Pick<Started, 'listCatalog'>,
  token: string | undefined,
  more: Partial<CatalogRequest> = {},
) =>
  listCatalog(
    accepted({
      ...{ count: 100, last: '' },
      authorization: token === undefined ? undefined : `Bearer ${token}`,
      ...more,
    }),
    { method: 'GET' },
    new AbortController().signal,
  )

const namesOf = ({ result }: CatalogDecision) =>
  result.ok ? result.value.repositories : assert.fail(result.refusal.reason)

const reasonOf = ({ result }: CatalogDecision) => (result.ok ? 'listed' : result.refusal.reason)

async function anonymousToken(flows: Flows, scope: string): Promise<string> {
  const { result } = await flows.request(NOBODY, scope)
  return result.ok ? result.value.token : assert.fail(result.refusal.reason)
}

describe('the catalog', () => {
  it('is to each what it may pull, whatever its token is for', async () => {
    const started = start()
    for (const [who, scope, expected] of [
      [teamA, CATALOG, ['library/x', 'shared/x', 'team-a/app', 'team-a/x/y', 'team-b/public']],
      [teamA, '', ['library/x', 'shared/x', 'team-a/app', 'team-a/x/y', 'team-b/public']],
      [
        teamB,
        'repository:team-b/app:push',
        ['library/x', 'shared/x', 'team-b/app', 'team-b/public'],
      ],
      [robotC, '', ['library/x', 'shared/x', 'team-b/public', 'team-c/app', 'team-d/app']],
      [platform, '', ['library/x', 'shared/x', 'team-b/public']],
      [platform, 'repository:library/x:pull', ['library/x', 'shared/x', 'team-b/public']],
      [platform, CATALOG, NAMES],
    ] as const) {
      const token = await started.tokenFor(who.username, who.password, scope)
      assert.deepEqual(namesOf(await list(started, token)), expected, `${who.username} ${scope}`)
    }
  })

  it('lets an administrator pull nothing more', async () => {
    const started = start()
    const scope = `${CATALOG} repository:team-a/app:pull`
    const { result } = await started.login('platform', 'canary-p', scope)
    assert.deepEqual(result.ok && result.value.access, [
      { type: 'registry', name: 'catalog', actions: ['*'] },
    ])
    const other = await started.login('team-a', 'canary-a', CATALOG)
    assert.deepEqual(other.result.ok && other.result.value.access, [])
  })

  it('is to nobody what is public', async () => {
    const started = start()
    const token = await anonymousToken(started, 'repository:library/x:pull')
    assert.deepEqual(namesOf(await list(started, token)), ['library/x', 'team-b/public'])
    started.policy(namespacePolicy({ public: ['team-b/public'], shared: [] }))
    assert.equal(reasonOf(await list(started, token)), 'token_invalid')
  })

  it('asks the policy with where the caller is', async () => {
    const started = start()
    const token = await started.tokenFor('team-a', 'canary-a')
    started.policy(
      createPolicy([
        {
          ...{ id: 'inside', type: compilePattern('repository'), name: compilePattern('**') },
          ...{ network: networkOf('10.0.0.0', 8), actions: ['pull'] },
        },
      ]),
    )
    const seen = async (address?: string) => {
      const parsed = accepted({ count: 100, last: '', authorization: `Bearer ${token}` })
      const origin = address === undefined ? {} : { address }
      return namesOf(await started.listCatalog(parsed, origin, new AbortController().signal)).length
    }
    assert.ok((await seen('10.1.2.3')) > 0)
    assert.equal(await seen('11.1.2.3'), 0)
    assert.equal(await seen(), 0)
  })

  it('wants a token that is good now', async () => {
    const started = start()
    const token = await started.tokenFor('team-a', 'canary-a', CATALOG)
    const other = await started.login('team-a', 'canary-a', CATALOG, { service: OTHER_SERVICE })
    const foreign = other.result.ok ? other.result.value.token : assert.fail()
    const basic = `Basic ${Buffer.from('team-a:canary-a').toString('base64')}`
    for (const [authorization, reason] of [
      [undefined, 'token_missing'],
      ['', 'token_missing'],
      [basic, 'authorization_malformed'],
      [`Bearer ${token},Bearer ${token}`, 'authorization_malformed'],
      [`Bearer ${token.slice(0, -4)}AAAA`, 'token_invalid'],
      [`Bearer ${foreign}`, 'token_invalid'],
    ] as const) {
      const decision = await list(started, undefined, { authorization })
      assert.equal(reasonOf(decision), reason)
      assert.equal(decision.result.ok ? undefined : decision.result.refusal.scope, CATALOG)
    }
    started.at(NOW + EXPIRY + LEEWAY + 1)
    assert.equal(reasonOf(await list(started, token)), 'token_invalid')
    assert.equal(started.state.walks, 0, 'the registry was asked')
  })

  it('ends with the credential, the policy and the rule of now', async () => {
    const started = start()
    const token = await started.tokenFor('team-a', 'canary-a', CATALOG)
    const robot = await started.tokenFor('robot', 'canary-shared')
    const admin = await started.tokenFor('platform', 'canary-p', CATALOG)
    started.policy(namespacePolicy({ public: [], shared: ['library/**'] }))
    assert.deepEqual(namesOf(await list(started, token)), ['library/x', 'team-a/app', 'team-a/x/y'])
    assert.deepEqual(namesOf(await list(started, admin)), ['library/x'])
    started.people([teamB, robotC, { ...robotD, password: 'another' }])
    assert.equal(reasonOf(await list(started, token)), 'credential_revoked')
    assert.deepEqual(namesOf(await list(started, robot)), ['library/x', 'team-c/app'])
    started.ready(false)
    assert.equal(reasonOf(await list(started, robot)), 'not_ready')
  })

  it('gives so many, and says whether there are more of them', async () => {
    const started = start()
    const token = await started.tokenFor('team-a', 'canary-a')
    const page = async (count: number, last = '') => {
      const { result } = await list(started, token, { count, last })
      return result.ok ? result.value : assert.fail(result.refusal.reason)
    }
    assert.deepEqual(await page(2), { repositories: ['library/x', 'shared/x'], more: true })
    assert.deepEqual(await page(1, 'team-a/x/y'), { repositories: ['team-b/public'], more: false })
    assert.deepEqual(await page(5), { ...(await page(100)), more: false })
    const walks = started.state.walks
    assert.deepEqual(await page(0), { repositories: [], more: false })
    assert.equal(started.state.walks, walks)
  })

  it('is closed where there is no registry, to those whose token is good', async () => {
    const flows = startFlows(PEOPLE)
    const listCatalog = flows.listCatalogOf(undefined)
    const token = await flows.tokenFor('team-a', 'canary-a')
    assert.equal(reasonOf(await list({ listCatalog }, token)), 'catalog_closed')
    assert.equal(flows.events.at(-1)?.detail, 'catalog.registry is not set')
    assert.equal(reasonOf(await list({ listCatalog }, undefined)), 'token_missing')
  })

  it('says what the registry did not do', async () => {
    const flows = startFlows(PEOPLE)
    const token = await flows.tokenFor('team-a', 'canary-a')
    for (const [registry, reason] of [
      [{ walk: () => Promise.resolve(refused('catalog_busy')) }, 'catalog_busy'],
      [{ walk: () => Promise.reject(new Error('no key')) }, 'internal'],
    ] as const) {
      const listCatalog = flows.listCatalogOf(registry)
      assert.equal(reasonOf(await list({ listCatalog }, token)), reason)
    }
  })

  it('makes one record of each', async () => {
    const started = start()
    const token = await started.tokenFor('team-a', 'canary-a', 'repository:team-a/app:pull')
    started.events.length = 0
    const { decision } = await list(started, token)
    await list(started, undefined)
    await started.listCatalog(
      refused('page_size_invalid'),
      { method: 'GET', address: '192.0.2.1' },
      new AbortController().signal,
    )
    const [listed, missing, malformed, ...more] = started.events
    assert.equal(more.length, 0)
    assert.deepEqual(
      { ...listed, tokenId: '', keyId: '' },
      {
        ...{ id: decision, half: 'catalog', outcome: 'allowed', status: 200, duration: 0 },
        ...{ method: 'GET', account: 'team-a', namespaces: ['team-a'] },
        ...{ route: 'catalog', requested: CATALOG, granted: 'repository:team-a/app:pull' },
        credentials: ['team-a/registry-credentials'],
        rule: 'public library/**,shared shared/**,own-namespace,public team-b/public',
        ...{ tokenId: '', keyId: '' },
      },
    )
    assert.deepEqual([missing?.reason, missing?.status], ['token_missing', 401])
    assert.deepEqual([malformed?.reason, malformed?.status], ['page_size_invalid', 400])
  })
})
