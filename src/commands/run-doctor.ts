import { registryBehind } from '../config/configured-policy.ts'
import { configOf } from './asking/offline.ts'
import type { ConfigOption } from './config-option.ts'
import { envoyChecks, failsClosedCheck } from './doctor/envoy.ts'
import { fastLaneCheck } from './doctor/fast-lane.ts'
import { findingsOf, type Finding } from './doctor/finding.ts'
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
  const config = configOf(options)
  const { registry = registryBehind(config), operations, envoy, envoyConfig } = options
  const peers = [
    [runningCheck(config, operations)],
    realmChecks(config),
    registryChecks(config, registry),
    envoyChecks(envoy, envoyConfig),
    [failsClosedCheck(envoyConfig)],
    [fastLaneCheck(config, envoy, envoyConfig)],
  ]
  const findings = (await Promise.all(peers.map(findingsOf))).flat()
  if (options.output === 'json') printJson(findings)
  else {
    const rows = findings.map(({ check, state, what }) => [state, check, what])
    process.stdout.write(formatTable([['', 'CHECK', 'WHAT'], ...rows]))
    say([summaryOf(findings)])
  }
  process.exitCode = exitCodeOf(findings)
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
