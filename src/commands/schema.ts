import { Argument, Command } from 'commander'
import { FILES, jsonSchemaOf, type FileKind } from '../config/json-schema.ts'
import { printJson } from './output.ts'

export function schemaCommand(): Command {
  return new Command('schema')
    .description('Print the JSON Schema of a file that people write, for their editors.')
    .addArgument(new Argument('[file]', 'which file').choices(Object.keys(FILES)).default('config'))
    .addHelpText(
      'after',
      '\nExample:\n  rauth schema policy > policy.schema.json\n' +
        '\nThen begin the policy with: # yaml-language-server: $schema=policy.schema.json',
    )
    .exitOverride()
    .action((file: FileKind) => {
      printJson(jsonSchemaOf(file))
    })
}
