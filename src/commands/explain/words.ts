import type { Explanation } from '../../policy/explain.ts'
import {
  explanationWords,
  verdictOf,
  type ExplainedInWords,
} from '../../policy/explanation-words.ts'
import { nextStep } from '../../next-steps.ts'
import { visible } from '../../printable.ts'
import type { Judged } from '../../serve/asking/judge.ts'
import { formatTable } from '../table.ts'

/** The record, one field a line, and what to do about a refusal; what it does not have is left out. */
export function recordText({ record, explanation }: Judged): string {
  const { account, namespaces = [], credentials = [], requested, granted, reason, cause } = record
  const status = reason === undefined ? '' : ` (${record.status})`
  const rows = [
    ['outcome', `${record.outcome}${status}`],
    ['reason', [reason, record.detail].filter((part) => part !== undefined).join(': ')],
    ['next', reason === undefined ? '' : nextStep(reason, cause)],
    ['request', [record.method, record.path].filter((part) => part !== undefined).join(' ')],
    ['rule', record.rule],
    ['policy', explanation?.policy === undefined ? '' : `version ${explanation.policy}`],
    ['shadow', record.shadow],
    ['subject', account === '' ? 'nobody' : account],
    ['namespaces', namespaces.join(', ')],
    ['requested', requested],
    ['granted', granted],
    ['credentials', credentials.join(', ')],
    ['token', record.tokenId],
    ['client', record.address],
    ['decision', record.id],
  ]
  return formatTable(
    rows.flatMap(([name = '', value = '']) => (value === '' ? [] : [[name, value]])),
  )
}

/** What is denied and by what, a line each. */
export function denials({ resources }: Explanation): readonly string[] {
  return resources.flatMap(({ type, name, actions }) =>
    actions.flatMap((action) =>
      action.allowed ? [] : [visible(`${type}:${name}:${action.action} ${verdictOf(action)}`)],
    ),
  )
}

/** The whole of an explanation. */
export function explanationText(explanation: Explanation): string {
  return explanationWords(explanation).map(resourceText).join('\n')
}

function resourceText({ resource, actions, holders }: ExplainedInWords): string {
  const verdicts = formatTable(actions.map(({ action, words }) => [`  ${action}`, words]))
  return `${resource}\n${verdicts}` + holders.map(holderText).join('')
}

function holderText({ who, rules, untried }: ExplainedInWords['holders'][number]): string {
  const rows = rules.map(({ rule, match, why }) => [`    ${rule}`, match, why])
  if (untried > 0) rows.push([`    ${untried} more`, 'not tried', ''])
  if (rows.length === 0) rows.push(['    the policy has no rules', '', ''])
  return `  rules tried for ${who}:\n${formatTable(rows)}`
}
