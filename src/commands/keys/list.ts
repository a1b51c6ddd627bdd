import { Option, type Command } from 'commander'
import { keysSubcommand, type PlaceOptions } from './subcommand.ts'

export function listCommand(): Command {
  return keysSubcommand('list', 'What each key is and does; exit 1 if one cannot be used.')
    .addOption(
      new Option('-o, --output <format>', 'how').choices(['table', 'json']).default('table'),
    )
    .action(async (options: PlaceOptions & { output: 'table' | 'json' }) => {
      const { runList } = await import('./run-list.ts')
      await runList(options)
    })
}
