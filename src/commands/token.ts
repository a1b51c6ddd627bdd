import { Command } from 'commander'
import { parseUrl } from './asking/parse-url.ts'
import { PASSWORD_VARIABLE } from './asking/secret-input.ts'
import { outputOption } from './output.ts'
import type { TokenOptions } from './run-token.ts'

export function tokenCommand(): Command {
  return new Command('token')
    .description('Fetch a token as docker does, and print it; exit 1 if there is none to be had.')
    .argument('[scopes...]', 'what to ask for; without: what docker login asks for')
    .option('-r, --registry <url>', 'says at /v2/ where its tokens are', parseUrl)
    .option('--realm <url>', 'where tokens are, in place of what a registry says', parseUrl)
    .option('--service <service>', 'what the token is for, in place of what a registry says')
    .option('-u, --user <user>', `who asks; the password is in ${PASSWORD_VARIABLE}, or on stdin`)
    .option('--password-stdin', 'the password is on stdin')
    .addOption(outputOption())
    .addHelpText(
      'after',
      '\nExample:\n' +
        '  printf %s "$PASSWORD" | rauth token repository:team-a/app:pull -r http://localhost:5080 \\\n' +
        '    -u team-a --password-stdin | rauth decode -',
    )
    .exitOverride()
    .action(async (scopes: readonly string[], options: TokenOptions) => {
      const { runToken } = await import('./run-token.ts')
      await runToken(scopes, options)
    })
}
