import { registryBehind } from '../config/configured-policy.ts'
import type { Config } from '../config/schema.ts'
import { configOfRunning, isUnusable } from './asking/config-of-running.ts'
import { configOf } from './asking/offline.ts'
import type { ConfigOption } from './config-option.ts'
import { envoyChecks, failsClosedCheck } from './doctor/envoy.ts'
import { envoyConfigAt } from './doctor/envoy-config-source.ts'
import { fastLaneCheck } from './doctor/fast-lane.ts'
import { failed, findingsOf, type Check, type Finding } from './doctor/finding.ts'
import { realmChecks, registryChecks } from './doctor/registry.ts'
import { runningCheck } from './doctor/running.ts'
import { printJson, say, type Output } from './output.ts'
import { formatTable } from './table.ts'

export interface DoctorOptions extends ConfigOption {
  readonly registry?: string
  readonly operations?: string
  readonly envoy?: string
  readonly envoyConfig?: string
  readonly output: Output
}

/** `rauth doctor`: makes all checks; those of different peers side by side. */
export async function runDoctor(options: DoctorOptions): Promise<void> {
  const checks = checksOf(options)
  // A table is there once all of it is known: whoever waits for it should know for what.
  if (options.output === 'table' && process.stderr.isTTY) {
    say([`making ${checks.flat().length} checks: about ten seconds where somebody hangs`])
  }
  const findings = (await Promise.all(checks.map(findingsOf))).flat()
  if (options.output === 'json') printJson(findings)
  else {
    // Each mistake of a file has a line of its own; a row is one line.
    const rows = findings.map(({ check, state, what }) => [
      ...[state, check],
      what.replaceAll('\n', '; '),
    ])
    process.stdout.write(formatTable([['', 'CHECK', 'WHAT'], ...rows]))
    say([summaryOf(findings)])
  }
  process.exitCode = exitCodeOf(findings)
}

/** One list for each peer. */
function checksOf(options: DoctorOptions): readonly (readonly Check[])[] {
  const { operations } = options
  if (operations === undefined) {
    return checksBy(configOfRunning(options, 'rauth doctor --operations URL'), options)
  }
  try {
    return checksBy(configOf(options), options)
  } catch (error) {
    if (!isUnusable(error)) throw error
    return checksWithout(error.message, operations, options)
  }
}

function checksBy(config: Config, options: DoctorOptions): readonly (readonly Check[])[] {
  const { registry = registryBehind(config), operations, envoy } = options
  const envoyConfig = envoyConfigAt(options.envoyConfig)
  return [
    [runningCheck(config, operations)],
    realmChecks(config),
    registryChecks(config, registry),
    envoyChecks(envoy, envoyConfig),
    [failsClosedCheck(envoyConfig)],
    [fastLaneCheck(config, envoy, envoyConfig)],
  ]
}

/** What needs no configuration, where that can't be used: `why`. */
function checksWithout(
  why: string,
  operations: string,
  { envoy, ...options }: DoctorOptions,
): readonly (readonly Check[])[] {
  const envoyConfig = envoyConfigAt(options.envoyConfig)
  const what = why.split('\n').join('; ')
  return [
    [{ name: 'configuration', look: () => Promise.resolve(failed(what)) }],
    [runningCheck(undefined, operations)],
    envoyChecks(envoy, envoyConfig),
    [failsClosedCheck(envoyConfig)],
  ]
}

const STATES = ['ok', 'failed', 'unreachable', 'skipped'] as const

function summaryOf(findings: readonly Finding[]): string {
  const counts = STATES.flatMap((state) => {
    const count = findings.filter((one) => one.state === state).length
    return count === 0 ? [] : [`${count} ${state}`]
  })
  const isWhole = findings.every(({ state }) => state !== 'skipped')
  return `${counts.join(', ')}${isWhole ? '' : ': what is skipped was not looked at, and may be wrong'}`
}

function exitCodeOf(findings: readonly Finding[]): number {
  if (findings.some(({ state }) => state === 'failed')) return 1
  return findings.some(({ state }) => state === 'unreachable') ? 3 : 0
}
