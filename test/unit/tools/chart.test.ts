import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { parse } from 'yaml'
import { duration } from '../../../src/config/values.ts'
import { madeFiles } from '../../../tools/chart/made.ts'
import { readmeOf } from '../../../tools/chart/readme.ts'
import { knownMetrics } from '../../../tools/metrics/known.ts'
import { schemaOf } from '../../../tools/chart/schema.ts'
import { describedValues } from '../../../tools/chart/values.ts'

/** The repository, from dist/test/unit/tools. */
const ROOT = path.resolve(import.meta.dirname, '../../../..')
const CHART = path.join(ROOT, 'charts/rauth')
const read = (name: string) => readFileSync(path.join(CHART, name), 'utf8')

describe('the files of the chart that are made of others', () => {
  it('are what they are made of: else run "node tools/run.mjs chart"', async () => {
    for (const [name, content] of await madeFiles(ROOT)) assert.equal(read(name), content, name)
  })

  it('have every value: one without a description is an error', () => {
    const paths = describedValues(read('values.yaml')).map((one) => one.path.join('.'))
    const leaves = (value: unknown, at: string): readonly string[] =>
      paths.includes(at)
        ? [at]
        : Object.entries(value as object).flatMap(([key, one]) =>
            leaves(one, at === '' ? key : `${at}.${key}`),
          )
    assert.deepEqual(leaves(parse(read('values.yaml')), ''), paths)
    assert.throws(() => describedValues('a: 1\n'), /values\.yaml:1: a has no "# --" above it/)
  })
})

describe('the icon of the chart', () => {
  it('is the file beside it', () => {
    const { icon } = parse(read('Chart.yaml')) as { icon: string }
    const [kind, content = ''] = icon.split(',')
    assert.equal(kind, 'data:image/svg+xml;base64')
    assert.equal(Buffer.from(content, 'base64').toString(), read('icon.svg'))
  })
})

describe('durations of the chart', () => {
  const durations = describedValues(read('values.yaml')).flatMap(({ path: at, refinement }) => {
    const { pattern } = refinement
    return typeof pattern === 'string' && pattern.includes('smh')
      ? [{ name: at.join('.'), pattern: new RegExp(pattern) }]
      : []
  })
  const [good, bad] = [
    ['0', '300', '300s', '5m', '720h', '999999'],
    ['1d', '5 m', '-1s', '1.5h', '1000000', 'm', '1h30m', '300S'],
  ]

  it('are all of them', () => {
    assert.deepEqual(
      durations.map(({ name }) => name),
      [
        ...['config.tokenExpiry', 'config.drainDelay'],
        ...['controller.rotateAfter', 'controller.overlap'],
      ],
    )
  })

  for (const { name, pattern } of durations) {
    it(`${name}: what rauth.yaml takes for one`, () => {
      const isOne = (text: string) => duration(0, Infinity).safeParse(text).success
      for (const text of [...good, ...bad]) {
        assert.equal(pattern.test(text), isOne(text), text)
        assert.equal(isOne(text), good.includes(text), text)
      }
    })
  }
})

describe('describedValues', () => {
  it('reads descriptions and refinements, and knows a map of values from a value', () => {
    const text = [
      '# A section.',
      'a:',
      '  # -- One,',
      '  # on two lines.',
      '  # @schema {minimum: 1}',
      '  b: 1',
      '  # -- Whole.',
      '  c: { d: [x] }',
      '# -- None.',
      "# @schema {type: [string, 'null']}",
      'e: null',
      '',
    ].join('\n')
    assert.deepEqual(describedValues(text), [
      { path: ['a', 'b'], value: 1, description: 'One, on two lines.', refinement: { minimum: 1 } },
      { path: ['a', 'c'], value: { d: ['x'] }, description: 'Whole.', refinement: {} },
      {
        ...{ path: ['e'], value: null, description: 'None.' },
        refinement: { type: ['string', 'null'] },
      },
    ])
  })
})

describe('schemaOf', () => {
  it('closes maps of values, leaves values that are maps open, and wants to know types', () => {
    const values = describedValues('a:\n  # -- B.\n  b: x\n# -- C.\nc: {}\n')
    const { properties, additionalProperties } = schemaOf(values) as {
      properties: Record<string, unknown>
      additionalProperties: boolean
    }
    assert.equal(additionalProperties, false)
    assert.deepEqual(properties['a'], {
      ...{ type: 'object', additionalProperties: false, required: ['b'] },
      properties: { b: { description: 'B.', type: 'string' } },
    })
    assert.deepEqual(properties['c'], { description: 'C.', type: 'object' })
    assert.throws(() => schemaOf(describedValues('# -- A.\na: null\n')), /a: its default does not/)
  })
})

describe('readmeOf', () => {
  it('puts the table where helm-docs would', () => {
    const values = describedValues('# -- One | two.\na: x\n')
    const template = 'before\n{{ template "chart.valuesTable" . }}\nafter'
    assert.match(
      readmeOf(template, values),
      /before\n.*\n.*\n\| `a` \| `"x"` \| One \\\| two\. \|\nafter/,
    )
    assert.throws(() => readmeOf('', values), /has no/)
  })
})

describe('what is watched', () => {
  const used = (text: string) => new Set(text.match(/\brauth_[a-z_]+/g))

  it('alerts and dashboard ask for metrics that rauth has', async () => {
    const known = new Set((await knownMetrics()).map(({ name }) => name))
    const asked = [...used(read('files/rules.yaml')), ...used(read('files/dashboard.json'))]
    assert.ok(asked.length > 10)
    const base = asked.map((name) => name.replace(/_bucket$/, ''))
    assert.deepEqual(
      base.filter((name) => !known.has(name)),
      [],
    )
  })

  it('each alert says what it is about, and docs/alerts.md what to do, in the same order', () => {
    const { groups } = parse(read('files/rules.yaml')) as {
      groups: readonly {
        rules: readonly { alert?: string; annotations: Record<string, string> }[]
      }[]
    }
    const headings = readFileSync(path.join(ROOT, 'docs/alerts.md'), 'utf8').match(
      /(?<=^## )Rauth.*$/gm,
    )
    const alerts = groups.flatMap(({ rules }) =>
      rules.flatMap(({ alert, annotations }) =>
        alert === undefined ? [] : { alert, annotations },
      ),
    )
    for (const { alert, annotations } of alerts) {
      const { summary, description, runbook_url: runbook, ...others } = annotations
      assert.ok(summary !== undefined && description !== undefined, alert)
      assert.equal(runbook, `docs/alerts.md#${alert.toLowerCase()}`)
      assert.deepEqual(others, {})
    }
    assert.deepEqual(
      headings,
      alerts.map(({ alert }) => alert),
    )
  })
})
