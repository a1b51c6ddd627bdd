import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { fastLaneFile } from './fast-lane.ts'

/** `node tools/run.mjs envoy`: makes envoy/fast-lane.yaml. */

/** The repository, from dist/tools/envoy. */
const ROOT = path.resolve(import.meta.dirname, '../../..')

writeFileSync(path.join(ROOT, 'envoy/fast-lane.yaml'), await fastLaneFile(ROOT))
process.stdout.write('wrote envoy/fast-lane.yaml\n')
