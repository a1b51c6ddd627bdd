import { Command } from 'commander'
import { addAskerOptions } from './asking/asker-options.ts'
import { answering } from './asking/answering.ts'
import { parseUrl } from './asking/parse-url.ts'
import { outputOption } from './output.ts'
import type { ExplainOptions } from './run-explain.ts'

export function explainCommand(): Command {
  return addAskerOptions(new Command('explain'))
    .description(
      'Say why: every rule in order, what keeps it from matching, and which one decides.',
    )
    .argument(
      '[what...]',
      'scopes, a token, a decision id; or a file with one of them, - for stdin',
    )
    .option('--operations <url>', 'of a decision id: where (default: listen.operations)', parseUrl)
    .addOption(outputOption())
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  rauth explain repository:team-b/app:pull,push --as team-a\n' +
        '  rauth token repository:team-a/app:pull --registry http://localhost:5080 -u team-a | rauth explain -\n' +
        '  rauth explain check-request.json\n' +
        '  rauth explain 3e0b7a55-3f4c-4a0a-9d6e-5b1f0a3c2d11 --operations http://localhost:9090\n' +
        '\nA CheckRequest is in JSON, as Envoy or grpcurl print it. All but a decision id is judged by the\n' +
        'files of the configuration, as they are. Exit 0: all of it is allowed; 1: it is not; 2: there is no\n' +
        'answer, since what is asked or a file can’t be used.',
    )
    .exitOverride()
    .action(async (words: readonly string[], options: ExplainOptions) => {
      const { runExplain } = await import('./run-explain.ts')
      await answering(() => runExplain(words, options))
    })
}
