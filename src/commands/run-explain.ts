import type { AskerOptions } from './asking/asker-options.ts'
import { judge, type Judged } from '../serve/asking/judge.ts'
import { cannotLogIn } from '../serve/asking/who.ts'
import { readAnswerable } from './asking/answerable.ts'
import { configOfRunning } from './asking/config-of-running.ts'
import { operationsOf } from './asking/operations.ts'
import { usage } from './asking/usage.ts'
import { whoIsNamed } from './asking/who-is-named.ts'
import { isUnconfigured, USUAL_FILE } from '../config/read.ts'
import type { Config } from '../config/schema.ts'
import { configFile } from './config-option.ts'
import { judgeCheck } from './explain/check.ts'
import { decidedBy } from './explain/decided-by.ts'
import { fetchDecision } from './explain/decision.ts'
import { judgeToken } from './explain/token.ts'
import { readWhat, type What } from './explain/what.ts'
import { explanationText, recordText } from './explain/words.ts'
import { printJson, say, type Output } from './output.ts'

export interface ExplainOptions extends AskerOptions {
  readonly operations?: string
  readonly output: Output
}

/** `rauth explain`: says why. */
export async function runExplain(words: readonly string[], options: ExplainOptions): Promise<void> {
  if (words.length === 0) {
    throw usage(
      'say what: rauth explain repository:team-b/app:pull --as team-a; or a token, the id of a decision, a file',
    )
  }
  const what = await readWhat(words)
  const judged = await judgeIt(what, options)
  const { record, explanation } = judged
  if (options.output === 'json') {
    printJson({ ...record, ...(explanation === undefined ? {} : { explanation }) })
  } else {
    process.stdout.write(recordText(judged))
    if (explanation !== undefined) process.stdout.write(`\n${explanationText(explanation)}`)
  }
  process.exitCode = record.outcome === 'allowed' ? 0 : 1
}

/** Looked up where it was made: what is named, or else this machine. */
async function lookUp(id: string, options: ExplainOptions): Promise<Judged> {
  const here = options.operations === undefined ? configuredHere(options) : undefined
  const operations = here === undefined ? (options.operations ?? '') : operationsOf(here)
  const judged = await fetchDecision(id, operations)
  say(await decidedBy(judged, operations, here))
  return judged
}

function configuredHere(options: ExplainOptions): Config {
  if (isUnconfigured(options.dockerAuthConfig ?? configFile(options), process.env)) {
    throw usage(
      `there is no ${USUAL_FILE} here that says where to ask: name the operations port of the rauth that ` +
        'decided, such as --operations http://localhost:9090, or a configuration with -c',
    )
  }
  return configOfRunning(options, 'rauth explain ID --operations URL')
}

async function judgeIt(what: What, options: ExplainOptions): Promise<Judged> {
  if (what.kind === 'decision') return lookUp(what.id, options)
  const now = options.at ?? Date.now() / 1000
  const offline = await readAnswerable(options, what.kind === 'scope' ? undefined : now)
  say(offline.missing)
  switch (what.kind) {
    case 'token':
      return judgeToken(what.token, options, offline, now)
    case 'check':
      return judgeCheck(what.request, options, offline, now)
    case 'scope': {
      const asking = whoIsNamed(options, offline, now, 'any')
      say([...asking.notes, ...cannotLogIn(asking)])
      return judge(offline.policy, asking, what.requested)
    }
  }
}
