import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { describeFaults, login } from '../../support/kubernetes/fault-suite.ts'
import { SECONDS } from '../../support/kubernetes/fault-table.ts'
import { ODD_SECRETS } from '../../support/kubernetes/odd-secrets.ts'
import { until } from '../../support/until.ts'

const LASTS = SECONDS * 1_000
const HOUR = 3_600

describeFaults('Secrets and a clock that change in odd ways', {
  'Secrets change two hundred times a second': async ({ secrets, following }) => {
    const names = Array.from({ length: 20 }, (_, i) => `churned-${i}`)
    for (const name of names) {
      await secrets.namespace(name)
      await secrets.create(name, login(name, 'canary-0'))
    }
    const before = { ...following.answers }
    const end = performance.now() + LASTS
    let changed = 0
    let last = 0
    const churn = async (name: string) => {
      let next = performance.now()
      while (performance.now() < end) {
        await secrets.replace(name, login(name, `canary-${(changed += 1)}`))
        next += 100
        await sleep(Math.max(0, next - performance.now()))
      }
      await secrets.replace(name, login(name, 'canary-last'))
      last = performance.now()
    }
    await Promise.all(names.map(churn))
    process.stdout.write(`# ${Math.round(changed / SECONDS)} changes a second\n`)
    for (const name of names) await following.untilAccepts(name, 'canary-last')
    const took = performance.now() - last
    // One more watch for each that had its time.
    const { ended = 0, ...others } = following.ends
    const answers = { ...before, 200: (before[200] ?? 0) + ended }
    assert.deepEqual([following.answers, others], [answers, {}], 'by the one watch')
    assert.ok(following.lines.length < 150 + SECONDS, `${following.lines.length} lines in the log`)
    for (const name of names) await secrets.remove(name)
    await following.untilAccepts('churned-19', 'canary-last', false)
    return took
  },

  'a namespace is deleted and made again': async ({ cluster, secrets, shutOut, letIn }) => {
    const at = '/api/v1/namespaces/moved'
    const gone = await shutOut(async () => {
      await cluster.api.expect('DELETE', at)
      // What the controller of namespaces does, of which there is none here.
      await secrets.remove('moved')
    })
    const namespace = await cluster.api.expect('GET', at)
    await cluster.api.expect('PUT', `${at}/finalize`, { ...namespace, spec: { finalizers: [] } })
    await until('its end', 20_000, async () => (await cluster.api.send('GET', at)).status === 404)
    await secrets.namespace('moved')
    await secrets.create('moved', login('moved', 'canary-again'))
    return Math.max(gone, await letIn('canary-again'))
  },

  'a Secret is of no use, in seven ways': async ({ secrets, following, shutOut, right }) => {
    let longest = 0
    for (const [what, values, told] of ODD_SECRETS) {
      const gone = await shutOut(() => secrets.replace('moved', values))
      assert.ok(
        following.lines.some((line) => /"moved"/.test(line) && told.test(line)),
        what,
      )
      longest = Math.max(longest, gone, await right())
    }
    assert.deepEqual(following.ends, {})
    return longest
  },

  'the clock jumps by an hour, forth and back': async ({ jump, halves, following, right }) => {
    let longest = 0
    const answers = { ...following.answers }
    for (const seconds of [HOUR, 0, -HOUR, 0]) {
      const before = await halves.token('steady-a', 'canary')
      assert.ok(typeof before === 'string')
      await jump(seconds)
      assert.equal(await halves.pull('steady-a', before), 401, 'of another hour')
      longest = Math.max(longest, await right())
    }
    assert.deepEqual(following.answers, answers, 'times of rauth itself go by no clock')
    return longest
  },
})
