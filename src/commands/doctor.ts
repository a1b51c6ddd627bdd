import { Command } from 'commander'
import { registryBehind } from '../config/configured-policy.ts'
import { configOf } from './asking/offline.ts'
import { parseUrl } from './asking/parse-url.ts'
import { addConfigOption, type ConfigOption } from './config-option.ts'
import { envoyChecks } from './doctor/envoy.ts'
import { findingOf, type Finding } from './doctor/finding.ts'
import { registryChecks } from './doctor/registry.ts'
import { outputOption, printJson, type Output } from './output.ts'
import { formatTable } from './table.ts'

interface DoctorOptions extends ConfigOption {
  readonly registry?: string
  readonly envoy?: string
  readonly envoyConfig?: string
  readonly output: Output
}

export function doctorCommand(): Command {
  return addConfigOption(new Command('doctor'))
    .description('Try whether token service, registry and Envoy fit together; exit 1 if not.')
    .option(
      '--registry <url>',
      'the registry itself, past Envoy (default: the configured one)',
      parseUrl,
    )
    .option('--envoy <url>', 'where clients come in', parseUrl)
    .option('--envoy-config <file>', 'its configuration: a file, or the URL of its /config_dump')
    .addOption(outputOption())
    .addHelpText(
      'after',
      '\nExample:\n' +
        '  rauth doctor --registry http://localhost:5000 --envoy http://localhost:5080 \\\n' +
        '    --envoy-config envoy/envoy.yaml\n' +
        '\nNothing is changed anywhere: the token that the registry is shown grants nothing. Exit 3 if\n' +
        'somebody does not answer.',
    )
    .exitOverride()
    .action(async (options: DoctorOptions) => {
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
    })
}

function exitCodeOf(findings: readonly Finding[]): number {
  if (findings.some(({ state }) => state === 'failed')) return 1
  return findings.some(({ state }) => state === 'unreachable') ? 3 : 0
}
