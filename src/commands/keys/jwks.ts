import type { Command } from 'commander'
import { keysSubcommand, type PlaceOptions } from './subcommand.ts'

export function jwksCommand(): Command {
  return keysSubcommand('jwks', 'Print the public keys as a JWKS, for a registry or a verifier.')
    .addHelpText(
      'after',
      "\nFor a registry's auth.token.jwks it takes token.x5c: false: with a chain in the token a registry\n" +
        'that has nothing but a jwks file refuses it. Registries read the file only when they start.',
    )
    .action(async (where: PlaceOptions) => {
      const { runJwks } = await import('./run-jwks.ts')
      await runJwks(where)
    })
}
