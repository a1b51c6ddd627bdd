import { Command } from 'commander'
import { addConfigOption, type ConfigOption } from './config-option.ts'
import { outputOption, type Output } from './output.ts'

export function decodeCommand(): Command {
  return addConfigOption(new Command('decode'))
    .description('Print a token readably, and say whether it verifies; exit 1 if it does not.')
    .argument('<token>', 'the token; a file with it, or - for stdin')
    .addOption(outputOption())
    .addHelpText(
      'after',
      '\nExample:\n  rauth token -r http://localhost:5080 repository:library/base:pull | rauth decode -\n' +
        '\nIt verifies by the keys, the issuer and the services of the configuration; whether its credential\n' +
        'still lives and the policy still grants it says rauth explain. What is printed of a token that\n' +
        'does not verify is its own word.',
    )
    .exitOverride()
    .action(async (word: string, options: ConfigOption & { readonly output: Output }) => {
      const { runDecode } = await import('./run-decode.ts')
      await runDecode(word, options)
    })
}
