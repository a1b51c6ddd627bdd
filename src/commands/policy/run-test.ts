import { casesOf, type WrittenCase } from '../../config/policy-cases.ts'
import { judgeCase } from '../../policy/policy-case.ts'
import { readInput } from '../asking/input.ts'
import { readOffline, type OfflineOptions } from '../asking/offline.ts'
import { printJson, say } from '../output.ts'
import { junitOf } from './junit.ts'
import { failureText, type JudgedCase } from './words.ts'

export interface TestOptions extends OfflineOptions {
  readonly output: 'table' | 'json' | 'junit'
}

/** `rauth policy test`. */
export async function runTest(files: readonly string[], options: TestOptions): Promise<void> {
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
