import { Command } from 'commander'
import { createSecretCommand } from './secret/create.ts'

export function secretCommand(): Command {
  return new Command('secret')
    .description('Secrets of namespaces: make the manifests.')
    .exitOverride()
    .addCommand(createSecretCommand())
}
