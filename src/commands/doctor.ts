import { Command } from 'commander'
import { parseUrl } from './asking/parse-url.ts'
import { addConfigOption } from './config-option.ts'
import { outputOption } from './output.ts'
import type { DoctorOptions } from './run-doctor.ts'

export function doctorCommand(): Command {
  return addConfigOption(new Command('doctor'))
    .description('Try whether token service, registry and Envoy fit together; exit 1 if not.')
    .option(
      '--registry <url>',
      'the registry itself, past Envoy (default: the configured one)',
      parseUrl,
    )
    .option(
      '--operations <url>',
      'the operations port of the rauth that runs (default: listen.operations)',
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
        '\nNothing is changed anywhere: the token that the registry is shown grants nothing, that of the\n' +
        'fast lane a read of what nobody has. Exit 3 if somebody does not answer.',
    )
    .exitOverride()
    .action(async (options: DoctorOptions) => {
      const { runDoctor } = await import('./run-doctor.ts')
      await runDoctor(options)
    })
}
