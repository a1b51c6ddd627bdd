import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { CheckDecision } from '../../src/check-access.ts'
import type { RegistryTags } from '../../src/keep-tags.ts'
import { compileRule, type RuleSource } from '../../src/policy/compile-rule.ts'
import { createPolicy } from '../../src/policy/policy.ts'
import { accepted, refused } from '../../src/refusal.ts'
import { OTHER_SERVICE, person, SERVICE, startFlows } from '../support/flows.ts'

const DIGEST = `sha256:${'0'.repeat(64)}`
const OTHER = `sha256:${'1'.repeat(64)}`
const ALL = 'repository:team-a/app:delete,pull,push'

const policyOf = (...rules: readonly Partial<RuleSource>[]) =>
  createPolicy(
    rules.map((rule, at) => compileRule({ id: String(at), match: {}, actions: ['*'], ...rule })),
  )

const ONCE = policyOf({ match: { name: '${namespace}/**' }, immutable: ['v*'] })

const answerOf = ({ result }: CheckDecision) => (result.ok ? 'allowed' : result.refusal.reason)

/** The second flow, before a registry with one tag; asked for so many. */
async function start(policy = ONCE, registry?: RegistryTags) {
  const flows = startFlows([person('team-a', 'a'), person('team-b', 'b')])
  flows.policy(policy)
  const asked: string[] = []
  const tags: RegistryTags = {
    digestsOf(repository, tags) {
      asked.push(...tags.map((tag) => `${repository}:${tag}`))
      return Promise.resolve(accepted(tags.map((tag) => (tag === 'v1' ? DIGEST : undefined))))
    },
  }
  const checkAccess = flows.checkWith({}, { tags: registry ?? tags })
  const tokens = {
    a: await flows.tokenFor('team-a', 'a', ALL),
    b: await flows.tokenFor('team-b', 'b', ALL),
  }
  const check = (line: string, who: 'a' | 'b' = 'a', more: { readonly service?: string } = {}) => {
    const [method = '', target = ''] = line.split(' ')
    const request = { method, target, authorization: `Bearer ${tokens[who]}`, ...more }
    return checkAccess(accepted(request), {})
  }
  return { asked, check, flows, checkAccess }
}

describe('a tag that is written once', () => {
  const CASES: readonly (readonly [line: string, answer: string, asked: string])[] = [
    ['PUT /v2/team-a/app/manifests/v2', 'allowed', 'team-a/app:v2'],
    ['PUT /v2/team-a/app/manifests/v1', 'tag_immutable', 'team-a/app:v1'],
    ['PUT /v2/team-a/app/manifests/dev', 'allowed', ''],
    [`PUT /v2/team-a/app/manifests/${DIGEST}`, 'allowed', ''],
    [`PUT /v2/team-a/app/manifests/${DIGEST}?tag=v1`, 'allowed', 'team-a/app:v1'],
    [`PUT /v2/team-a/app/manifests/${OTHER}?tag=v1`, 'tag_immutable', 'team-a/app:v1'],
    [`PUT /v2/team-a/app/manifests/${OTHER}?tag=dev&tag=v1`, 'tag_immutable', 'team-a/app:v1'],
    [
      `PUT /v2/team-a/app/manifests/${OTHER}?tag=v2&tag=v3`,
      ...(['allowed', 'team-a/app:v2 team-a/app:v3'] as const),
    ],
    ['DELETE /v2/team-a/app/manifests/v1', 'tag_immutable', ''],
    ['DELETE /v2/team-a/app/manifests/v9', 'tag_immutable', ''],
    ['DELETE /v2/team-a/app/manifests/dev', 'allowed', ''],
    [`DELETE /v2/team-a/app/manifests/${OTHER}`, 'content_immutable', ''],
    [`DELETE /v2/team-a/app/blobs/${OTHER}`, 'content_immutable', ''],
    ['GET /v2/team-a/app/manifests/v1', 'allowed', ''],
    ['POST /v2/team-a/app/blobs/uploads/', 'allowed', ''],
    ['DELETE /v2/team-a/app/blobs/uploads/x', 'allowed', ''],
  ]
  for (const [line, answer, expected] of CASES) {
    it(`${line.slice(0, 70)}: ${answer}`, async () => {
      const { check, asked } = await start()
      assert.equal(answerOf(await check(line)), answer)
      assert.equal(asked.join(' '), expected)
    })
  }

  it('is not asked for in the name of who may not push it', async () => {
    const { check, asked } = await start()
    for (const tag of ['v1', 'v2']) {
      const decision = await check(`PUT /v2/team-a/app/manifests/${tag}`, 'b')
      assert.equal(answerOf(decision), 'access_denied')
    }
    assert.deepEqual(asked, [])
  })

  it('is not pushed where the registry does not say whether it is there', async () => {
    const silent = { digestsOf: () => Promise.resolve(refused('tag_unclear')) }
    const broken = { digestsOf: () => Promise.reject(new Error('broken')) }
    for (const [registry, answer] of [
      [silent, 'tag_unclear'],
      [broken, 'internal'],
    ] as const) {
      const { check } = await start(ONCE, registry)
      assert.equal(answerOf(await check('PUT /v2/team-a/app/manifests/v2')), answer)
      assert.equal(answerOf(await check('PUT /v2/team-a/app/manifests/dev')), 'allowed')
    }
  })

  it('is not pushed where there is no registry to ask', async () => {
    const { flows } = await start()
    const authorization = `Bearer ${await flows.tokenFor('team-a', 'a', ALL)}`
    const request = { method: 'PUT', target: '/v2/team-a/app/manifests/v2', authorization }
    assert.equal(answerOf(await flows.checkAccess(accepted(request), {})), 'tag_unclear')
  })

  it('is not asked for at the registry of another service', async () => {
    const { check, asked, flows, checkAccess } = await start()
    const { result } = await flows.login('team-a', 'a', ALL, { service: OTHER_SERVICE })
    assert.ok(result.ok)
    const request = {
      ...{ method: 'PUT', target: '/v2/team-a/app/manifests/v2', service: OTHER_SERVICE },
      authorization: `Bearer ${result.value.token}`,
    }
    assert.equal(answerOf(await checkAccess(accepted(request), {})), 'tag_unclear')
    const own = await check('PUT /v2/team-a/app/manifests/v2', 'a', { service: SERVICE })
    assert.equal(answerOf(own), 'allowed')
    assert.deepEqual(asked, ['team-a/app:v2'])
  })
})

describe('at the gateway', () => {
  it('a rule about tags decides for these alone, and the token is for all', async () => {
    const { check } = await start(
      policyOf(
        { match: { tags: ['release-*'] }, actions: ['pull'], reason: 'releases are pushed by CI' },
        { match: { name: '${namespace}/**' } },
      ),
    )
    assert.equal(answerOf(await check('PUT /v2/team-a/app/manifests/dev')), 'allowed')
    assert.equal(answerOf(await check('GET /v2/team-a/app/manifests/release-1')), 'allowed')
    const denied = await check('PUT /v2/team-a/app/manifests/release-1')
    assert.ok(!denied.result.ok)
    assert.deepEqual(denied.result.refusal, {
      ...{ reason: 'access_denied', told: 'releases are pushed by CI' },
    })
    // By its digest a release might be deleted, too.
    const byDigest = await check(`DELETE /v2/team-a/app/manifests/${OTHER}`)
    assert.equal(answerOf(byDigest), 'access_denied')
  })

  it('the time is judged again with each request', async () => {
    const { check, flows } = await start(
      policyOf({ match: { hours: { notAfter: 1_800_000_060 } } }),
    )
    assert.equal(answerOf(await check('GET /v2/team-a/app/manifests/v1')), 'allowed')
    flows.at(1_800_000_061)
    assert.equal(answerOf(await check('GET /v2/team-a/app/manifests/v1')), 'access_denied')
  })

  it('what is in shadow is in the record', async () => {
    const { check, flows } = await start(
      policyOf({ id: 'new', actions: ['pull'], shadow: true }, { actions: ['*'] }),
    )
    assert.equal(flows.events.at(-1)?.shadow?.includes('new would deny'), true)
    assert.equal(answerOf(await check('PUT /v2/team-a/app/manifests/v1')), 'allowed')
    assert.equal(flows.events.at(-1)?.shadow, 'new would deny repository:team-a/app:push')
    assert.equal(answerOf(await check('GET /v2/team-a/app/manifests/v1')), 'allowed')
    assert.equal(flows.events.at(-1)?.shadow, undefined)
  })
})
