import { askRunning, type Running } from '../../adapters/probe/running.ts'
import type { Config } from '../../config/schema.ts'
import { RauthError } from '../../errors.ts'
import { operationsOf } from '../asking/operations.ts'
import { otherPolicy } from '../asking/other-policy.ts'
import { failed, ok, skipped, type Check } from './finding.ts'

const NAMED = 'say where its operations port is: --operations URL'

/**
 * Whether the rauth that runs has taken what is on disk, and what else it says of itself.
 *
 * @param config Nothing: it can't be used, so a port must be named.
 * @param named Its operations port; without: where the configuration has it, if this is its machine.
 */
export function runningCheck(config: Config, named: string | undefined): Check
export function runningCheck(config: undefined, named: string): Check
export function runningCheck(config: Config | undefined, named: string | undefined): Check {
  return {
    name: 'rauth runs what is on disk',
    look: () => {
      if (named !== undefined) return look(config, named)
      return config === undefined ? Promise.resolve(skipped(NAMED)) : ofThisMachine(config)
    },
  }
}

/** That nobody is there is no mistake: it may run somewhere else. */
async function ofThisMachine(config: Config) {
  if (config.listen.operations.port === 0) return skipped(`it takes any free port; ${NAMED}`)
  try {
    return await look(config, operationsOf(config))
  } catch (error) {
    if (!(error instanceof RauthError && error.code === 'ERR_UNREACHABLE')) throw error
    return skipped(`${error.message}; ${NAMED}`)
  }
}

async function look(config: Config | undefined, operations: string) {
  const running = await askRunning(operations)
  if (running === undefined) {
    return failed(
      `${operations} is not the operations port of a rauth, listen.operations; ${NAMED}`,
    )
  }
  const others = config === undefined ? [] : await otherPolicy(config, running)
  const wrong = [...troublesOf(running), ...secretsIn(running), ...others]
  return wrong.length === 0
    ? ok('nothing on disk is refused or waits for a restart, and no part of it is in trouble')
    : failed(wrong.join('; '))
}

/** They are no trouble of rauth's: it goes on with all the others. */
function secretsIn({ unusableSecrets }: Running): readonly string[] {
  if (unusableSecrets === 0) return []
  const [secrets, them] =
    unusableSecrets === 1 ? ['1 Secret', 'it'] : [`${unusableSecrets} Secrets`, 'them']
  return [
    `${secrets} can't be used, so nobody logs in by ${them}: its log says which and why, and of Secrets ` +
      'in files rauth check-config does',
  ]
}

/** Of a part that is of files, rauth goes on with what they said before. */
const OF_FILES = /^(?:config|policy|users|keys|secrets|tls\..+)(?: \d+)?$/

function troublesOf({ notReady, troubles }: Running): readonly string[] {
  const told = [...troubles].map(([name, why]) => {
    const goesOn = OF_FILES.test(name) && !notReady.includes(name)
    const before = goesOn ? 'what runs is not what is on disk, but what was before: ' : ''
    return `${name}: ${before}${why}`
  })
  const silent = notReady.filter((name) => !troubles.has(name))
  return [...told, ...silent.map((name) => `${name} is not ready`)]
}
