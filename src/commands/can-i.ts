import { Argument, Command, Option } from 'commander'
import { addAskerOptions } from './asking/asker-options.ts'
import { answering } from './asking/answering.ts'
import { outputOption } from './output.ts'
import type { CanIOptions } from './run-can-i.ts'

export function canICommand(): Command {
  return addAskerOptions(new Command('can-i'))
    .description('Say yes or no by the files of a rauth: may somebody do this? exit 0 or 1.')
    .addArgument(new Argument('[actions]', 'pull, push, delete, *; commas between'))
    .addArgument(
      new Argument(
        '[repository]',
        'NAME, or NAME:TAG or NAME@DIGEST for what the gateway says of it',
      ),
    )
    .addOption(new Option('--type <type>', 'of the resource').default('repository'))
    .option('--list', 'what there is that somebody may do')
    .addOption(outputOption())
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  rauth can-i pull team-b/app --as team-a\n' +
        '  rauth can-i pull,push library/base:v1 --as team-a/ci --label role=maintainer --ip 10.1.2.3\n' +
        '  rauth can-i --list --as team-a\n' +
        '\nWithout a tag or a digest the answer is that for a token, which is for all tags; rauth explain says why.\n' +
        'Who has no credential that is good can do nothing; --policy asks a policy alone. Exit 2: there is\n' +
        'no answer, as where credentials can’t be read.',
    )
    .exitOverride()
    .action(
      async (actions: string | undefined, repository: string | undefined, options: CanIOptions) => {
        const { runCanI } = await import('./run-can-i.ts')
        await answering(() => runCanI(actions, repository, options))
      },
    )
}
