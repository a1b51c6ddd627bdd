import { Command, Option } from 'commander'
import { addAnyConfigOption } from '../config-option.ts'
import type { TestOptions } from './run-test.ts'

export function testCommand(): Command {
  return addAnyConfigOption(new Command('test'))
    .description('Ask a policy what it should say, case by case; exit 1 if it says anything else.')
    .argument('<cases...>', 'files with cases')
    .option('--policy <file>', 'the policy (default: what the configuration says)')
    .addOption(
      new Option('-o, --output <format>', 'how')
        .choices(['table', 'json', 'junit'])
        .default('table'),
    )
    .addHelpText(
      'after',
      '\nExample:\n' +
        '  # cases.yaml\n' +
        '  cases:\n' +
        "    - given: { as: team-a, scope: 'repository:team-b/app:pull' }\n" +
        '      expect: denied\n' +
        "    - given: { as: team-a/ci, scope: 'repository:library/base:pull,push', ip: 10.1.2.3 }\n" +
        "      expect: { granted: 'repository:library/base:pull', rule: policy.yaml:7 }\n" +
        '\n  rauth policy test cases.yaml --policy policy.yaml\n' +
        '\nWithout ip and at nobody knows the address and the time, so that a case says the same each day.',
    )
    .exitOverride()
    .action(async (files: readonly string[], options: TestOptions) => {
      const { runTest } = await import('./run-test.ts')
      await runTest(files, options)
    })
}
