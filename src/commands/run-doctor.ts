import { registryBehind } from '../config/configured-policy.ts'
import { configOf } from './asking/offline.ts'
import type { ConfigOption } from './config-option.ts'
import { envoyChecks } from './doctor/envoy.ts'
import { findingOf, type Finding } from './doctor/finding.ts'
import { registryChecks } from './doctor/registry.ts'
import { printJson, type Output } from './output.ts'
import { formatTable } from './table.ts'

export interface DoctorOptions extends ConfigOption {
  readonly registry?: string
  readonly envoy?: string
  readonly envoyConfig?: string
  readonly output: Output
}

/** `rauth doctor`: makes all checks, one after the other. */
export async function runDoctor(options: DoctorOptions): Promise<void> {
  const config = configOf(options)
  const { registry = registryBehind(config), envoy, envoyConfig } = options
  const checks = [...registryChecks(config, registry), ...envoyChecks(envoy, envoyConfig)]
  const findings: Finding[] = []
  for (const check of checks) findings.push(await findingOf(check))
  if (options.output === 'json') printJson(findings)
  else {
    const rows = findings.map(({ check, state, what }) => [state, check, what])
    process.stdout.write(formatTable([['', 'CHECK', 'WHAT'], ...rows]))
  }
  process.exitCode = exitCodeOf(findings)
}

function exitCodeOf(findings: readonly Finding[]): number {
  if (findings.some(({ state }) => state === 'failed')) return 1
  return findings.some(({ state }) => state === 'unreachable') ? 3 : 0
}
