import type { WrittenCase } from '../../config/policy-cases.ts'
import type { CaseResult } from '../../policy/policy-case.ts'
import { explanationText } from '../explain/words.ts'

/** A case with what the policy says. */
export interface JudgedCase extends CaseResult {
  readonly written: WrittenCase
}

/** What should be and what is, and how the policy came to it. */
export function failureText({ differences, explanation }: CaseResult): string {
  const diff = differences.flatMap(({ what, expected, found }) => [
    `  ${what}`,
    `    - ${expected === '' ? 'nothing' : expected}`,
    `    + ${found === '' ? 'nothing' : found}`,
  ])
  const why = explanationText(explanation).trimEnd().split('\n')
  return [...diff, ...why.map((line) => `  ${line}`)].map((line) => `    ${line}\n`).join('')
}
