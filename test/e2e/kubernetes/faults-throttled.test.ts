import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { answer, startFakeApi, type Fault } from '../../support/kubernetes/fake-api.ts'
import { login, reportFault } from '../../support/kubernetes/fault-suite.ts'
import { FAULTS, SECONDS, timings } from '../../support/kubernetes/fault-table.ts'
import { follow } from '../../support/kubernetes/following.ts'
import { startHalves } from '../../support/kubernetes/halves.ts'
import { startVigil, STEADY } from '../../support/kubernetes/vigil.ts'
import { promised } from '../../support/promised.ts'
import { until } from '../../support/until.ts'

const NAME = 'the API server asks to be left alone (429, `Retry-After: 1`)'

const refuse: Fault = (response) => {
  const status = { kind: 'Status', code: 429, message: 'storage is (re)initializing' }
  answer(response, 429, status, { 'retry-after': '1' })
}

/** A kube-apiserver can't be made to say so for as long as a test wants. */
describe(`an API server that is made up, for ${SECONDS} s`, () => {
  it(NAME, async () => {
    const api = await startFakeApi()
    for (const name of STEADY) api.quietly.put(name, login(name))
    api.quietly.put('moved', login('moved', 'canary-0'))
    const following = await follow(api, { token: 'any' }, { timings })
    const fail = (thrown: unknown) => assert.fail(String(thrown))
    const halves = await startHalves(following.store, () => Date.now() / 1000, fail)
    try {
      await until('a watch', 20_000, () => api.watches.size === 1)
      const vigil = startVigil(following, halves)
      for (const { response } of api.watches) response.destroy()
      const kinds = ['list', 'watch'] as const
      for (const kind of kinds) api.faults[kind] = Array.from({ length: 1_000 }, () => refuse)
      api.quietly.put('moved', login('moved', 'canary-1'))
      const begin = performance.now()
      await sleep(SECONDS * 1_000)
      const refused = following.answers[429] ?? 0
      const most = (performance.now() - begin) / 1_000 + 2
      assert.ok(refused > 1 && refused <= most, `${refused} requests`)
      for (const kind of kinds) api.faults[kind] = []
      const took = await promised('the change', FAULTS[NAME](timings) + 1_000, async () => {
        return typeof (await halves.token('moved', 'canary-1')) === 'string'
      })
      await reportFault(NAME, took)
      await vigil.end()
      await until('one watch', 20_000, () => api.watches.size === 1)
    } finally {
      await halves.close()
      await following.close()
      await api.stop()
    }
  })
})
