import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { parse, stringify } from 'yaml'
import type { CliFolder } from './cli-folder.ts'
import type { Stack } from './stack.ts'

export interface Finding {
  readonly check: string
  readonly state: string
  readonly what: string
}

/** What `rauth doctor` says of a stack by a configuration; `failures`: all that is not ok. */
export async function askDoctor(folder: CliFolder, of: Stack, config: string) {
  const { code, stdout, stderr } = await folder.rauth([
    ...['doctor', '-c', config, '-o', 'json'],
    ...['--registry', `http://127.0.0.1:${of.upstream}`],
    ...['--envoy', `http://127.0.0.1:${of.entry}`],
    ...['--envoy-config', path.join(path.dirname(of.config), 'envoy.yaml')],
  ])
  assert.equal(stderr, '')
  const findings = JSON.parse(stdout) as readonly Finding[]
  const failures = findings.filter(({ state }) => state !== 'ok')
  return { code, findings, failures }
}

/** A file with the configuration of a stack and something else in it. */
export async function changedConfig(folder: CliFolder, of: Stack, change: object): Promise<string> {
  const config = parse(await readFile(of.config, 'utf8')) as object
  await folder.write('rauth.yaml', stringify({ ...config, ...change }))
  return folder.file('rauth.yaml')
}
