import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { installParts } from '../parts/install.ts'
import { kustomizeFiles } from './kustomize.ts'
import { madeFiles } from './made.ts'

/** `node tools/run.mjs chart`: makes what of the chart, and of kustomize/, is made of something else. */

/** The repository, from dist/tools/chart. */
const ROOT = path.resolve(import.meta.dirname, '../../..')

function write(folder: string, files: ReadonlyMap<string, string>): void {
  for (const [name, content] of files) {
    const file = path.join(ROOT, folder, name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, content)
    process.stdout.write(`wrote ${folder}/${name}\n`)
  }
}

// Before anything is rendered, which the schema and Envoy's file have a part in.
write('charts/rauth', await madeFiles(ROOT))
const { helm } = await installParts(['helm'])
const render = async (...args: readonly string[]) =>
  (await promisify(execFile)(helm, ['template', ...args, '--kube-version', '1.34.4'])).stdout
write('kustomize', await kustomizeFiles(ROOT, render))
