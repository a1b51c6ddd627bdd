import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { answer } from '../../../../src/adapters/ext-authz/answer.ts'
import type { CheckAccess, CheckDecision } from '../../../../src/check-access.ts'
import { accepted } from '../../../../src/refusal.ts'

const REQUEST = { method: 'GET', target: '/v2/' }

const allow: CheckAccess = (parsed) =>
  Promise.resolve({
    decision: 'id-1',
    result: parsed.ok ? accepted({ headers: {}, removeQuery: [] }) : parsed,
  })

function reasonOf({ result }: CheckDecision): string {
  return result.ok ? 'allowed' : result.refusal.reason
}

async function answerOf(checkAccess: CheckAccess, read = () => accepted(REQUEST)) {
  const failures: unknown[] = []
  const onFailure = (thrown: unknown) => void failures.push(thrown)
  const reason = await answer({ checkAccess, onFailure }, read, {}, reasonOf)
  return { reason, failures }
}

describe('answer', () => {
  it('is the decision', async () => {
    assert.deepEqual(await answerOf(allow), { reason: 'allowed', failures: [] })
  })

  it('lets a request that could not be read become a decision, which is recorded', async () => {
    const got = await answerOf(allow, () => {
      throw new TypeError('boom')
    })
    assert.deepEqual(got, { reason: 'internal', failures: [] })
  })

  it('is a failure to decide when the flow throws or rejects, and tells of it', async () => {
    const boom = new Error('boom')
    const flows: CheckAccess[] = [
      () => Promise.reject(boom),
      () => {
        throw boom
      },
    ]
    for (const flow of flows) {
      assert.deepEqual(await answerOf(flow), { reason: 'internal', failures: [boom] })
    }
  })

  it('is a failure to decide when the decision cannot be written', async () => {
    let calls = 0
    const got = await answer(
      { checkAccess: allow },
      () => accepted(REQUEST),
      {},
      (decision) => {
        calls += 1
        if (calls === 1) throw new TypeError('boom')
        return reasonOf(decision)
      },
    )
    assert.equal(got, 'internal')
  })
})
