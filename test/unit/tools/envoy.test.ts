import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { parse } from 'yaml'
import { lanePaths, MAX_LANE_PATHS, MAX_LANE_WINDOW } from '../../../src/token/fast-lane.ts'
import { laneCondition } from '../../../tools/envoy/condition.ts'
import { fastLaneFile } from '../../../tools/envoy/fast-lane.ts'

/** The root of the repository, from dist/test/unit/tools. */
const ROOT = path.resolve(import.meta.dirname, '../../../..')
const read = (name: string) => readFileSync(path.join(ROOT, name), 'utf8')

describe('envoy/fast-lane.yaml', () => {
  it('is what `node tools/run.mjs envoy` makes', async () => {
    assert.equal(read('envoy/fast-lane.yaml'), await fastLaneFile(ROOT))
  })

  it('has every line of envoy.yaml, in order, and says of ext_authz one thing more', async () => {
    const made = (await fastLaneFile(ROOT)).split('\n')
    let at = 0
    for (const line of read('envoy/envoy.yaml').split('\n')) {
      at = made.indexOf(line, at) + 1
      assert.ok(at > 0, line)
    }
  })

  it('asks where nothing, or another word, was written down', () => {
    const found = JSON.stringify(parse(read('envoy/fast-lane.yaml')))
    const [asks] = /"filter_enabled_metadata":\{.*?"invert":true\}/.exec(found) ?? []
    assert.deepEqual(parse(`{${asks ?? ''}}`), {
      filter_enabled_metadata: {
        filter: 'envoy.filters.http.rbac',
        path: [{ key: 'lane_shadow_engine_result' }],
        value: { string_match: { exact: 'allowed' } },
        invert: true,
      },
    })
    assert.match(found, /"failure_mode_allow":false/)
  })

  it('looks at as many paths as a token may say, and at the longest window', () => {
    const condition = JSON.stringify(laneCondition())
    const places = [...condition.matchAll(/"int64_value":(\d+)/g)].map(([, place]) => Number(place))
    assert.deepEqual(
      places,
      Array.from({ length: MAX_LANE_PATHS }, (_, i) => i),
    )
    assert.match(condition, new RegExp(`"double_value":${MAX_LANE_WINDOW}\\b`))
  })

  it('takes of a path of a token nothing but the hex of its digest', () => {
    const [path = ''] = lanePaths('team-a/app')
    const pattern = /'(\/v2\/[^']*64\})'/.exec(read('envoy/fast-lane.yaml'))?.[1] ?? assert.fail()
    const whole = new RegExp(`^${pattern}$`)
    assert.match(`${path}${'a0'.repeat(32)}`, whole)
    for (const rest of ['', 'a', 'a0'.repeat(31), `${'a0'.repeat(32)}0`, `${'a0'.repeat(31)}:0`]) {
      assert.doesNotMatch(`${path}${rest}`, whole)
    }
  })
})
