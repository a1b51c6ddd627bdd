import { Command } from 'commander'
import { loadConfig } from '../config/read.ts'
import { warningsOf } from '../config/warnings.ts'

export function checkConfigCommand(): Command {
  return new Command('check-config')
    .description('Say file:line:column of each mistake in a configuration; exit 1 if there is one.')
    .requiredOption('-f, --file <file>', 'the configuration', 'rauth.yaml')
    .exitOverride()
    .action(({ file }: { file: string }) => {
      const config = loadConfig(file, process.env)
      for (const warning of warningsOf(config)) process.stderr.write(`${file}: ${warning}\n`)
      process.stdout.write(`${file}: ok\n`)
    })
}
