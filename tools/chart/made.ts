import { readFileSync } from 'node:fs'
import path from 'node:path'
import * as prettier from 'prettier'
import { dashboard } from './dashboard.ts'
import { readmeOf } from './readme.ts'
import { schemaOf } from './schema.ts'
import { describedValues } from './values.ts'

/** What of the chart is made of something else: place in the chart → what must stand there. `root`: the repository. */
export async function madeFiles(root: string): Promise<ReadonlyMap<string, string>> {
  const read = (name: string) => readFileSync(path.join(root, name), 'utf8')
  const values = describedValues(read('charts/rauth/values.yaml'))
  const readme = readmeOf(read('charts/rauth/README.md.gotmpl'), values)
  const options = (await prettier.resolveConfig(path.join(root, 'package.json'))) ?? {}
  return new Map([
    ['README.md', await prettier.format(readme, { ...options, parser: 'markdown' })],
    [
      'values.schema.json',
      await prettier.format(JSON.stringify(schemaOf(values)), { ...options, parser: 'json' }),
    ],
    [
      'files/dashboard.json',
      await prettier.format(JSON.stringify(dashboard()), { ...options, parser: 'json' }),
    ],
    // Helm reads no file outside of a chart.
    ['files/envoy.yaml', read('envoy/envoy.yaml')],
    ['files/fast-lane.yaml', read('envoy/fast-lane.yaml')],
  ])
}
