import path from 'node:path'
import { parseArgs } from 'node:util'
import { FEATURES } from './clause.ts'
import { writeComparison } from './comparison.ts'
import { textReport } from './report.ts'
import { runSuite, type ClauseResult } from './suite.ts'
import type { Target } from './token-server.ts'

/**
 * `node tools/run.mjs conformance …`: the suite against any token server. Exit code 1 when it fails
 * a MUST, or lacks a feature that `--require` names; 2 when it was asked wrongly.
 */
/** The repository, from dist/test/conformance. */
const ROOT = path.resolve(import.meta.dirname, '../../..')

const USAGE = `usage: node tools/run.mjs conformance
  --token-url URL      where clients fetch tokens
  --service NAME
  --username NAME      and the password in --password, or in CONFORMANCE_PASSWORD
  --own REPOSITORY     one that the user may pull and push
  --foreign REPOSITORY one that the user may not even pull
  --public REPOSITORY  one that everyone may pull, without credentials too
  --registry URL       a registry that takes the tokens
  --require FEATURES   of ${FEATURES.join(',')}: what must be there
or:    node tools/run.mjs conformance --compare
  runs rauth and docker_auth by itself and writes docs/conformance.md`

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

function readOptions(args: readonly string[]): { target: Target; required: readonly string[] } {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    args: [...args],
    options: {
      'token-url': text,
      service: text,
      username: text,
      password: text,
      own: text,
      foreign: text,
      public: text,
      registry: text,
      require: text,
    },
  })
  const needed = (name: string, value: string | undefined) => {
    if (value === undefined || value === '') throw new Error(`--${name} is missing`)
    return value
  }
  const required = (values.require ?? '').split(',').filter((name) => name !== '')
  const unknown = required.find((name) => !FEATURES.some((feature) => feature === name))
  if (unknown !== undefined) throw new Error(`"${unknown}" is no feature`)
  const target = {
    tokenUrl: needed('token-url', values['token-url']),
    service: needed('service', values.service),
    username: needed('username', values.username),
    password: needed('password', values.password ?? process.env['CONFORMANCE_PASSWORD']),
    own: needed('own', values.own),
    foreign: needed('foreign', values.foreign),
    ...(values.public === undefined ? {} : { public: values.public }),
    ...(values.registry === undefined ? {} : { registry: values.registry }),
  }
  return { target, required }
}

function isBad({ clause, outcome }: ClauseResult, required: readonly string[]): boolean {
  if (outcome === 'fail') return clause.level === 'MUST'
  return outcome === 'not offered' && required.includes(clause.feature ?? '')
}

async function main(args: readonly string[]): Promise<number> {
  if (args.length === 1 && args[0] === '--compare') {
    say(await writeComparison(ROOT))
    return 0
  }
  let options
  try {
    options = readOptions(args)
  } catch (error) {
    say(`${(error as Error).message}\n${USAGE}`)
    return 2
  }
  const { target, required } = options
  const results = await runSuite(target)
  say(textReport(results))
  return results.some((result) => isBad(result, required)) ? 1 : 0
}

process.exitCode = await main(process.argv.slice(2))
