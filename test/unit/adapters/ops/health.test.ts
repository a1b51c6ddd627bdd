import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pageAt } from '../../../support/pages.ts'
import { policyOf } from '../../../../src/config/policy-file.ts'
import { healthRoutes, type HealthPart } from '../../../../src/adapters/ops/health.ts'

const PARTS: readonly HealthPart[] = [
  { name: 'secrets', ready: () => false, trouble: () => 'not read yet' },
  { name: 'keys', ready: () => true, trouble: () => undefined },
  { name: 'policy', trouble: () => 'policy.yaml:3\nis no\u001b[2J rule' },
  { name: 'running', ready: () => false },
]

async function look(path: string, parts: readonly HealthPart[], query = '') {
  const route = healthRoutes(() => parts).find((one) => one.path === path)
  const answer = await route?.answer({ id: '', query: new URLSearchParams(query) })
  assert.ok(answer)
  return answer
}

describe('/readyz', () => {
  it('is ready where each part is, and silent of troubles when there is none', async () => {
    const { status, body } = await look('/readyz', PARTS.slice(1, 2))
    assert.equal(status, 200)
    assert.deepEqual(JSON.parse(body), { status: 'ok', parts: { keys: true } })
  })

  it('tells of a trouble and stays ready: all replicas have the same one', async () => {
    const { status, body } = await look('/readyz', PARTS.slice(1, 3))
    assert.equal(status, 200)
    assert.deepEqual(JSON.parse(body), {
      ...{ status: 'ok', parts: { keys: true, policy: true } },
      troubles: { policy: 'policy.yaml:3\nis no\u001b[2J rule' },
    })
  })

  it('is not ready where one is not, and says which', async () => {
    const { status, body } = await look('/readyz', PARTS)
    assert.equal(status, 503)
    assert.deepEqual(JSON.parse(body), {
      status: 'not ready',
      parts: { secrets: false, keys: true, policy: true, running: false },
      troubles: { secrets: 'not read yet', policy: 'policy.yaml:3\nis no\u001b[2J rule' },
    })
  })

  it('has a line for each part with ?verbose, whatever a trouble has in it', async () => {
    const { status, headers, body } = await look('/readyz', PARTS, 'verbose')
    assert.equal(status, 503)
    assert.equal(headers['Content-Type'], 'text/plain; charset=utf-8')
    assert.deepEqual(body.split('\n'), [
      '[-]secrets failed: not read yet',
      '[+]keys ok',
      '[!]policy goes on: policy.yaml:3; is no\\u001b[2J rule',
      '[-]running failed',
      'readyz check failed',
      '',
    ])
  })

  it('is what docs/health.md shows of it', async () => {
    const [block] = pageAt('docs/health.md').blocks.filter(({ language }) => language === 'console')
    const [json = '', lines = ''] = block?.text.split(/^\$ curl .*\n/m).slice(1) ?? []
    const shown = JSON.parse(json) as {
      parts: Readonly<Record<string, boolean>>
      troubles: Readonly<Record<string, string>>
    }
    const parts = Object.entries(shown.parts).map(([name, ready]) => ({
      ...{ name, ready: () => ready },
      trouble: () => shown.troubles[name],
    }))
    const file = '/etc/rauth/policy.yaml'
    assert.throws(
      () => policyOf('rules:\n  - { match: {}, actions: [pull] }\n  - nonsense\n', file),
      {
        message: shown.troubles['policy'],
      },
    )
    assert.deepEqual(JSON.parse((await look('/readyz', parts)).body), shown)
    assert.equal((await look('/readyz', parts, 'verbose')).body.trim(), lines.trim())
  })

  it('leaves out what is excluded, and says what it does not know', async () => {
    const query = 'exclude=secrets&exclude=running&exclude=x%0A'
    const { status, body } = await look('/readyz', PARTS, query)
    assert.equal(status, 200)
    assert.deepEqual(JSON.parse(body), {
      ...{ status: 'ok', parts: { keys: true, policy: true } },
      troubles: { policy: 'policy.yaml:3\nis no\u001b[2J rule' },
    })
    const verbose = await look('/readyz', PARTS.slice(0, 2), `verbose&${query}`)
    assert.deepEqual(verbose.body.split('\n'), [
      ...['[+]secrets excluded: ok', '[+]keys ok'],
      'warn: nothing is excluded by running: there is no such part',
      'warn: nothing is excluded by x\\u000a: there is no such part',
      ...['readyz check passed', ''],
    ])
  })
})

describe('/livez', () => {
  it('is alive whatever is missing', async () => {
    const { status, body } = await look('/livez', PARTS)
    assert.deepEqual([status, JSON.parse(body)], [200, { status: 'ok' }])
    const verbose = await look('/livez', PARTS, 'verbose=')
    assert.deepEqual(
      [verbose.status, verbose.body],
      [200, '[+]event-loop ok\nlivez check passed\n'],
    )
  })
})
