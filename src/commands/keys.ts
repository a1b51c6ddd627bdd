import { Command } from 'commander'
import { bundleCommand } from './keys/bundle.ts'
import { initCommand } from './keys/init.ts'
import { jwksCommand } from './keys/jwks.ts'
import { listCommand } from './keys/list.ts'
import { publicCommand } from './keys/public.ts'
import { rotateCommand } from './keys/rotate.ts'

export function keysCommand(): Command {
  return new Command('keys')
    .description('Signing keys: make, rotate, list and publish them.')
    .exitOverride()
    .addCommand(initCommand())
    .addCommand(rotateCommand())
    .addCommand(listCommand())
    .addCommand(jwksCommand())
    .addCommand(bundleCommand())
    .addCommand(publicCommand())
}
