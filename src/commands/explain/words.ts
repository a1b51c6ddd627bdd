import type {
  ExplainedAction,
  ExplainedHolder,
  ExplainedResource,
  ExplainedRule,
  Explanation,
} from '../../policy/explain.ts'
import { visible } from '../../printable.ts'
import type { Judged } from '../asking/judge.ts'
import { formatTable } from '../table.ts'

/** The record, one field a line; what it does not have is left out. */
export function recordText(record: Judged['record']): string {
  const { account, namespaces = [], credentials = [], requested, granted } = record
  const status = record.reason === undefined ? '' : ` (${record.status})`
  const rows = [
    ['outcome', `${record.outcome}${status}`],
    ['reason', [record.reason, record.detail].filter((part) => part !== undefined).join(': ')],
    ['rule', record.rule],
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
export function explanationText({ resources }: Explanation): string {
  return resources.map(resourceText).join('\n')
}

function resourceText({ type, name, actions, holders }: ExplainedResource): string {
  const verdicts = formatTable(actions.map((action) => [`  ${action.action}`, verdictOf(action)]))
  return `${visible(`${type}:${name}`)}\n${verdicts}` + holders.map(holderText).join('')
}

function verdictOf({ allowed, because, rule = '', reason }: ExplainedAction): string {
  const word = allowed ? 'allowed' : 'denied'
  const says = reason === undefined ? '' : `: ${reason}`
  switch (because) {
    case 'rule':
      return `${word} by ${rule}${says}`
    case 'no rule':
      return 'denied: no rule matches'
    case 'decider':
      return allowed
        ? `allowed by ${rule}: no rule is about it`
        : `denied: no rule is about it, and ${rule} has not allowed it`
    case 'untold':
      return `denied: it can't be told whether ${rule} matches${says}`
    case 'credential':
      return 'denied: the credential itself is not for it, whatever the policy says'
    case 'serviceaccount':
      return `denied by ${rule}, which names no serviceaccount: they have no more than pulls of it${says}`
    case 'shadow':
      return `allowed only since ${rule} is in shadow`
    case 'name':
      return 'denied: not the name of a repository in the OCI grammar'
  }
}

function holderText(holder: ExplainedHolder): string {
  const { anonymous, namespace = '-', serviceaccount, limit, tried, untried } = holder
  const of = serviceaccount === undefined ? '' : `ServiceAccount ${serviceaccount} of `
  const who = anonymous === true ? 'nobody' : `${of}namespace ${namespace}`
  const most = limit === undefined ? '' : `, whose credential is for ${limit.join(',')} alone`
  const rows = tried.map((rule) => [`    ${rule.rule}`, matchText(rule), whyText(rule)])
  if (untried > 0) rows.push([`    ${untried} more`, 'not tried', ''])
  if (tried.length + untried === 0) rows.push(['    the policy has no rules', '', ''])
  return `  ${visible(`rules tried for ${who}${most}`)}:\n${formatTable(rows)}`
}

function matchText({ matches, shadow }: ExplainedRule): string {
  const inShadow = shadow === true ? ' (shadow)' : ''
  const words = { yes: 'matches', no: 'no match', unknown: "can't be told", some: 'some tags' }
  return `${words[matches]}${inShadow}`
}

function whyText({ matches, actions, unmet }: ExplainedRule): string {
  const allows =
    actions.length === 0
      ? 'allows nothing'
      : `allows ${actions[0] === '*' ? 'everything' : actions.join(',')}`
  const why = unmet.map(({ condition, text }) => `${condition}: ${text}`).join('; ')
  return matches === 'no' ? why : [allows, why].filter((part) => part !== '').join('; ')
}
