import { Command, Option } from 'commander'
import { casesOf, type WrittenCase } from '../../config/policy-cases.ts'
import { judgeCase } from '../../policy/policy-case.ts'
import { readInput } from '../asking/input.ts'
import { readOffline, type OfflineOptions } from '../asking/offline.ts'
import { addAnyConfigOption } from '../config-option.ts'
import { printJson, say } from '../output.ts'
import { junitOf } from './junit.ts'
import { failureText, type JudgedCase } from './words.ts'

interface TestOptions extends OfflineOptions {
  readonly output: 'table' | 'json' | 'junit'
}

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
      const { policy, config } = await readOffline(options)
      const cases: WrittenCase[] = []
      for (const file of files) {
        cases.push(...casesOf(await readInput(file), file, config.service))
      }
      const judged = cases.map((written) => ({ written, ...judgeCase(policy, written) }))
      const failed = judged.filter(({ differences }) => differences.length > 0)
      if (options.output === 'json') printJson(judged.map(inJson))
      else process.stdout.write(options.output === 'junit' ? junitOf(judged) : textOf(judged))
      say([`${judged.length - failed.length} passed, ${failed.length} failed`])
      process.exitCode = failed.length > 0 ? 1 : 0
    })
}

function inJson({ written: { where, name }, differences, explanation }: JudgedCase): object {
  return { where, name, passed: differences.length === 0, differences, explanation }
}

function textOf(judged: readonly JudgedCase[]): string {
  return judged
    .map((one) => {
      const { name, where } = one.written
      return one.differences.length === 0
        ? `ok    ${name}\n`
        : `FAIL  ${name} (${where})\n${failureText(one)}`
    })
    .join('')
}
