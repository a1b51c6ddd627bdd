import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { describeFaults, login, type Act } from '../../support/kubernetes/fault-suite.ts'
import { SECONDS, timings } from '../../support/kubernetes/fault-table.ts'
import { tokenOf } from '../../support/kubernetes/rights.ts'
import { until } from '../../support/until.ts'

const LASTS = SECONDS * 1_000

/** Within the one event of a Secret of 40 KB in JSON, and behind what TLS needs before it. */
const MID_LINE = 8_192

const UNWRITTEN = /warn .* cannot be followed .*holds no token \(yet\)/

function midLine(how: 'reset' | 'close'): Act {
  return async ({ link, secrets, following, letIn, right }) => {
    const more = Object.fromEntries(
      Array.from({ length: 30 }, (_, i) => [`x${i}`, 'x'.repeat(900)]),
    )
    link.endAfter(MID_LINE, how)
    await secrets.replace('moved', { ...login('moved', 'canary-half'), ...more })
    const took = await letIn('canary-half')
    assert.deepEqual(following.ends, { broken: 1 })
    await right()
    return took
  }
}

describeFaults('the way to the API server in trouble', {
  'connections are reset, again and again': async ({ link, right }) => {
    const end = performance.now() + LASTS
    while (performance.now() < end) {
      link.reset()
      await sleep(Math.min(500, LASTS / 10))
    }
    return right()
  },

  'a connection is reset in the middle of a line': midLine('reset'),
  'a connection ends in the middle of a line': midLine('close'),

  'a connection dies without a word': async ({ link, following, right }) => {
    link.forget()
    const took = await right()
    assert.equal(following.ends['silent'], 1)
    link.reset()
    return took
  },

  'rights are taken away and given back': async (world) => {
    const { cluster, link, following, right, untilAnswered, assertBounded } = world
    const binding = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings'
    const { roleRef, subjects } = await cluster.api.expect('GET', `${binding}/rauth`)
    await cluster.api.expect('DELETE', `${binding}/rauth`)
    await untilAnswered(403)
    link.reset()
    await sleep(LASTS)
    await until('the trouble', timings.stale + 5_000, () => following.store.problem() !== undefined)
    assert.match(following.store.problem() ?? '', /403: secrets .* is forbidden: .*; next: give it/)
    assertBounded()
    await cluster.api.expect('POST', binding, { metadata: { name: 'rauth' }, roleRef, subjects })
    await untilAnswered(200)
    return right()
  },

  // The last of its cluster: the token that the others begin with is no more.
  'the token of rauth ends, and the next one comes late': async (world) => {
    const { cluster, link, following, right, untilAnswered, assertBounded } = world
    const accounts = '/api/v1/namespaces/rauth/serviceaccounts'
    await cluster.api.expect('DELETE', `${accounts}/rauth`)
    await cluster.api.expect('POST', accounts, { metadata: { name: 'rauth' } })
    await untilAnswered(401)
    link.reset()
    await sleep(LASTS)
    await until('the trouble', timings.stale + 5_000, () => following.store.problem() !== undefined)
    assert.match(following.store.problem() ?? '', /401/)
    assertBounded()
    await following.rotate('')
    await until('a look at it', 20_000, () => following.lines.some((line) => UNWRITTEN.test(line)))
    await following.rotate((await tokenOf(cluster.api)).token)
    return right()
  },
})
