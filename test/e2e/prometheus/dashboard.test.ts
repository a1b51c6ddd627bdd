import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'
import { installParts } from '../../../tools/parts/install.ts'
import { startChecking } from '../../support/checking.ts'
import { ask } from '../../support/http.ts'
import { panelsOfDashboard } from '../../support/prometheus/dashboard.ts'
import { startWatched, type Watched } from '../../support/prometheus/watched.ts'
import { run } from '../../support/run.ts'
import { until } from '../../support/until.ts'

/** Longest until there is a rate of what just began, milliseconds. */
const PATIENCE = 60_000

const ODD_REQUESTS = 2_000

describe('the dashboard and the alerts, before a real Prometheus', () => {
  let watched: Watched
  before(async () => {
    watched = await startWatched(1)
    watched.traffic.guess(true)
    await until(
      'clients',
      PATIENCE,
      async () => (await has('rauth_decisions_total'))[0] !== undefined,
    )
    // Watches end, and begin anew.
    watched.link.reset()
  })
  after(() => watched.stop())

  /** Values that are numbers. */
  const has = async (expr: string) =>
    (await watched.prometheus.now(expr)).flatMap(({ points }) =>
      points.map(([, value]) => value).filter(Number.isFinite),
    )
  const metrics = async (port: number) => (await ask(port, '/metrics')).body

  it('shows data in every panel, by every query', async () => {
    const panels = await panelsOfDashboard('8s')
    const queries = panels.flatMap(({ title, queries: all }) =>
      all.map(({ expr }) => ({ title, expr })),
    )
    assert.ok(queries.length > 35)
    for (const { title, expr } of queries) {
      await until(`${title}: ${expr}`, PATIENCE, async () => (await has(expr)).length > 0)
    }
  })

  it('is of two processes, found by the variable that the dashboard asks for', async () => {
    // One that is late with its answer is not up until the next one.
    await until('both', PATIENCE, async () => {
      const [infos, up] = [
        await has('rauth_build_info{job="rauth"}'),
        await has('count(up{job="rauth"} == 1)'),
      ]
      return infos.length === 2 && up[0] === 2
    })
  })

  it('has rules that are evaluated, and see what is wrong here', async () => {
    const unwell = async () =>
      (await watched.prometheus.rules()).filter(({ health }) => health !== 'ok')
    await until('each was evaluated', PATIENCE, async () => (await unwell()).length === 0)
    for (const alert of ['RauthSecretUnusable', 'RauthGuessing']) {
      const pending = `ALERTS{alertname="${alert}",alertstate="pending"}`
      await until(alert, PATIENCE, async () => (await has(pending)).length > 0)
    }
    assert.deepEqual(await watched.prometheus.now('ALERTS{alertstate="firing"}'), [])
  })

  it('has an alert of a file for as long as that is bad', async () => {
    const { policy } = watched
    const text = await readFile(policy, 'utf8')
    const pending = 'ALERTS{alertname="RauthReloadFailed",what="policy"}'
    await writeFile(policy, 'rules: []\nrule: []\n')
    await until('there is one', PATIENCE, async () => (await has(pending)).length > 0)
    await writeFile(policy, text)
    await until('there is none', PATIENCE, async () => (await has(pending)).length === 0)
  })

  it('counts what is known without work', async () => {
    for (const cache of ['verified_tokens', 'issued_tokens', 'bcrypt']) {
      const hits = `rauth_cache_lookups_total{cache="${cache}",result="hit"} > 0`
      await until(cache, PATIENCE, async () => (await has(hits)).length === 1)
    }
  })

  it('has metrics with which promtool finds no fault', async () => {
    const { promtool } = await installParts(['promtool'])
    const ports = (await watched.prometheus.now('up')).map(({ labels }) =>
      Number((labels['instance'] ?? '').split(':')[1]),
    )
    assert.equal(ports.length, 2)
    for (const port of ports) {
      const { code, output } = await run(promtool, ['check', 'metrics'], {
        input: await metrics(port),
      })
      assert.deepEqual([code, output], [0, ''])
    }
  })

  it('has as many series after namespaces, methods and paths that nobody has seen before', async () => {
    const { gateway, operations } = watched.serving
    const series = async () =>
      (await metrics(operations)).split('\n').filter((line) => line.startsWith('rauth_')).length
    const checking = startChecking(gateway, 10_000)
    async function ofStrangers(from: number): Promise<void> {
      for (let index = from; index < from + ODD_REQUESTS; index += 20) {
        const some = Array.from({ length: 20 }, (_, at) => String(index + at))
        await Promise.all(
          some.flatMap((id) => [
            checking.check({ method: `ODD${id}`, path: `/v2/namespace-${id}/app/manifests/v1` }),
            checking.check({ method: 'GET', path: `/v2/namespace-${id}/app/manifests/v${id}` }),
            checking.check({ method: 'GET', path: `/odd/${id}`, token: `odd-${id}` }),
          ]),
        )
      }
    }
    await ofStrangers(0)
    const count = await series()
    await ofStrangers(ODD_REQUESTS)
    checking.close()
    assert.equal(await series(), count)
    assert.ok(count < 1_000, String(count))
  })
})
