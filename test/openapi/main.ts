import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { installParts } from '../../tools/parts/install.ts'
import { OPENAPI } from '../support/openapi.ts'
import { startServing } from '../support/serving.ts'

/**
 * `node tools/run.mjs openapi [examples] [seed]`: schemathesis reads docs/openapi.yaml, makes so many requests of each
 * operation, good and bad ones, and holds every answer of a running rauth to it.
 */

const [examples = '200', seed] = process.argv.slice(2)
if (!/^\d+$/.test(examples) || (seed !== undefined && !/^\d+$/.test(seed))) {
  process.stderr.write('usage: node tools/run.mjs openapi [number of examples] [seed]\n')
  process.exit(2)
}

const LOGIN = { username: 'team-a', password: 'a long random text' }

const { schemathesis } = await installParts(['schemathesis'], {
  progress: (line) => process.stderr.write(`${line}\n`),
})
const folder = await mkdtemp(path.join(os.tmpdir(), 'rauth-openapi-'))
const serving = await startServing({
  logins: [LOGIN],
  config: {
    // A generated service is as good as another, and wrong passwords are a part of it.
    token: { refresh: { enabled: true }, anyService: true },
    guessing: { failures: 0, perNetwork: 0 },
  },
})

/** Whether all was as described; `args` say of which operations, and as whom they are asked for. */
async function hold(port: number, ...args: readonly string[]): Promise<boolean> {
  const child = spawn(
    schemathesis,
    [
      ...['run', OPENAPI, '--url', `http://127.0.0.1:${port}`, ...args],
      // What is not read may be anything: clients, probes and scrapers send what they like.
      ...[
        '--checks',
        'all',
        '--exclude-checks',
        'negative_data_rejection',
        '--max-examples',
        examples,
        '--continue-on-failure',
      ],
      ...['--warnings', 'off'],
      ...(seed === undefined ? [] : ['--seed', seed]),
    ],
    // It writes down what it finds, where it runs.
    { stdio: 'inherit', cwd: folder },
  )
  const [code] = (await once(child, 'exit')) as [number | null]
  return code === 0
}

try {
  const { token, operations } = serving
  const login = ['--auth', `${LOGIN.username}:${LOGIN.password}`]
  const others = ['--exclude-tag', 'operations', '--exclude-operation-id', 'postToken']
  const held = [
    await hold(token, ...others, ...login),
    // A form has its credentials in it, and no others beside them.
    await hold(token, '--include-operation-id', 'postToken'),
    await hold(operations, '--include-tag', 'operations'),
  ]
  if (held.includes(false)) process.exitCode = 1
} finally {
  await serving.stop()
  await rm(folder, { recursive: true, force: true })
}
