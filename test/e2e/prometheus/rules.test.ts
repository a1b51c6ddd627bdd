import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { parse, stringify } from 'yaml'
import { installParts } from '../../../tools/parts/install.ts'
import { CHART } from '../../support/chart/helm-release.ts'
import { ALERT_CASES, type AlertCase } from '../../support/prometheus/alert-cases.ts'
import { RULES, rulesOfChart, type Rule } from '../../support/prometheus/chart-rules.ts'
import { run } from '../../support/run.ts'
import { pageAt } from '../../support/pages.ts'
import { knownMetrics } from '../../../tools/metrics/known.ts'

const PAGE = path.resolve(CHART, '../../docs/metrics.md')

describe('the alerts of the chart, by promtool', () => {
  let promtool: string
  let folder: string
  let rules: readonly Rule[]
  before(async () => {
    ;({ promtool } = await installParts(['promtool']))
    folder = await mkdtemp(path.join(os.tmpdir(), 'rauth-rules-'))
    rules = await rulesOfChart()
  })
  after(() => rm(folder, { recursive: true, force: true }))

  /** What promtool is to find of a case: the alert as it is sent, or none. */
  function testsOf(one: AlertCase) {
    const { alert, at: when, labels, summary } = one
    const rule = rules.find((candidate) => candidate.alert === alert)
    const sent = {
      exp_labels: { ...rule?.labels, ...labels },
      exp_annotations: { ...rule?.annotations, summary },
    }
    const tried = [
      ...[one.fires, ...(one.firesToo ?? [])].map((series) => [series, [sent]] as const),
      [one.quiet, []] as const,
    ]
    return tried.map(([series, alerts], at) => ({
      ...{ name: `${alert} ${alerts.length === 0 ? 'quiet' : `fires ${at}`}`, interval: '1m' },
      input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
      alert_rule_test: [{ eval_time: when, alertname: alert, exp_alerts: alerts }],
    }))
  }

  async function judge(tests: readonly unknown[]): Promise<{ code: number; output: string }> {
    const file = path.join(folder, 'tests.yaml')
    await writeFile(file, stringify({ rule_files: [RULES], evaluation_interval: '1m', tests }))
    const { code, output } = await run(promtool, ['test', 'rules', file])
    return { code: code ?? -1, output }
  }

  it('are rules', async () => {
    const { code, output } = await run(promtool, ['check', 'rules', RULES])
    assert.equal(code, 0, output)
  })

  it('have one case each that fires and one that does not', () => {
    assert.deepEqual(
      ALERT_CASES.map(({ alert }) => alert),
      rules.flatMap(({ alert }) => alert ?? []),
    )
  })

  it('fire, with these words, and keep quiet', async () => {
    const { code, output } = await judge(ALERT_CASES.flatMap(testsOf))
    assert.equal(code, 0, output)
  })

  it('would be found not to', async () => {
    const [first] = ALERT_CASES
    assert.ok(first)
    for (const wrong of [
      { ...first, quiet: first.fires },
      { ...first, fires: first.quiet },
      { ...first, summary: 'other words' },
    ]) {
      assert.notEqual((await judge(testsOf(wrong))).code, 0)
    }
  })

  it('are in one language with the questions of docs/metrics.md', async () => {
    const [block] = pageAt('docs/metrics.md').blocks.filter(({ language }) => language === 'promql')
    const questions = block?.text.split(/\n\n/) ?? []
    assert.ok(questions.length > 3)
    const asked = questions.map((expr, index) => ({ record: `question:${String(index)}`, expr }))
    const file = path.join(folder, 'questions.yaml')
    await writeFile(file, stringify({ groups: [{ name: 'questions', rules: asked }] }))
    const { code, output } = await run(promtool, ['check', 'rules', file])
    assert.equal(code, 0, output)
    const known = (await knownMetrics()).map(({ name }) => name)
    const names = questions.flatMap(
      (text) => text.replaceAll(/^#.*$/gm, '').match(/\brauth_\w+/g) ?? [],
    )
    for (const name of names) assert.ok(known.includes(name.replace(/_bucket$/, '')), name)
  })

  it('get series by what docs/metrics.md tells Prometheus to scrape', async () => {
    const page = await readFile(PAGE, 'utf8')
    const text = /```yaml\n(scrape_configs:\n.*?)```/s.exec(page)?.[1] ?? assert.fail('none')
    const { scrape_configs: jobs } = parse(text) as { scrape_configs: Record<string, unknown>[] }
    // Debian's Prometheus knows no cluster.
    const known = jobs.map(({ kubernetes_sd_configs: found, ...job }) => {
      assert.ok(Array.isArray(found))
      return { ...job, static_configs: [] }
    })
    const file = path.join(folder, 'prometheus.yaml')
    await writeFile(file, stringify({ scrape_configs: known }))
    const { code, output } = await run(promtool, ['check', 'config', '--syntax-only', file])
    assert.equal(code, 0, output)
  })
})
