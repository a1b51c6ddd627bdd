import { Argument, Command } from 'commander'
import type { FileKind } from '../config/json-schema.ts'
import { printJson } from './output.ts'

/** All that have a schema, which take a while to load. */
const KINDS: Readonly<Record<FileKind, true>> = {
  config: true,
  policy: true,
  users: true,
  cases: true,
}

export function schemaCommand(): Command {
  return new Command('schema')
    .description('Print the JSON Schema of a file that people write, for their editors.')
    .addArgument(new Argument('[file]', 'which file').choices(Object.keys(KINDS)).default('config'))
    .addHelpText(
      'after',
      '\nExample:\n  rauth schema policy > policy.schema.json\n' +
        '\nThen begin the policy with: # yaml-language-server: $schema=policy.schema.json',
    )
    .exitOverride()
    .action(async (file: FileKind) => {
      const { jsonSchemaOf } = await import('../config/json-schema.ts')
      printJson(jsonSchemaOf(file))
    })
}
