import { visible } from '../../printable.ts'

const RESET = '\u001b[0m'
const COLORS = { dim: '\u001b[2m', red: '\u001b[31m', green: '\u001b[32m', yellow: '\u001b[33m' }
type Color = keyof typeof COLORS

type Paint = (color: Color, text: string) => string

const LEVELS: Readonly<Record<string, Color>> = { warn: 'yellow', error: 'red', fatal: 'red' }
const OUTCOMES: Readonly<Record<string, Color>> = {
  ...{ allowed: 'green', refused: 'yellow', failed: 'red' },
}

/** What of a decision is told in a sentence, and so not once more behind it. */
const IN_SENTENCE = new Set([
  ...['half', 'outcome', 'reason', 'status', 'route', 'method', 'requested', 'path', 'account'],
  ...['address', 'milliseconds', 'id'],
])

/** What is for programs, and is found by the id of the decision where it is wanted. */
const FOR_PROGRAMS = new Set([
  ...['credentials', 'requestId', 'tokenId', 'refreshTokenId', 'keyId', 'trace_id', 'span_id'],
])

/** As wide as `gateway` and `refused 401`, so that what comes next stands in one column. */
const [HALF, VERDICT] = [7, 11]

/**
 * A log line, JSON, → one line for people, its end with it. What others wrote is in it so that it moves no
 * cursor and begins no line.
 */
export function prettyLine(line: string, colors: boolean): string {
  const paint: Paint = (color, text) => (colors ? `${COLORS[color]}${text}${RESET}` : text)
  const fields = fieldsOf(line)
  if (fields === undefined) return `${visible(line.trimEnd())}\n`
  const { time, level, msg, ...others } = fields
  const grade = textOf(level)
  const head = [
    paint('dim', textOf(time).slice(11, 23)),
    paint(LEVELS[grade] ?? 'dim', grade.padEnd(5)),
  ].join(' ')
  const isDecision = msg === 'decision'
  const sentence = isDecision ? decisionOf(others, paint) : textOf(msg)
  const rest = Object.entries(others)
    .filter(([key, value]) => !(isDecision && isLeftOut(key, others)) && !isNothing(value))
    .map(([key, value]) => `${visible(key)}=${textOf(value)}`)
  const id = isDecision && !isNothing(others['id']) ? [textOf(others['id'])] : []
  return `${head} ${[sentence, ...[...rest, ...id].map((one) => paint('dim', one))].join('  ')}\n`
}

function isLeftOut(key: string, fields: Readonly<Record<string, unknown>>): boolean {
  if (key === 'namespaces') return textOf(fields[key]) === textOf(fields['account'])
  return IN_SENTENCE.has(key) || FOR_PROGRAMS.has(key)
}

/** `token   refused 401  GET token repository:team-a/app:pull  team-a  10.0.0.1  access_denied  1.2 ms`. */
function decisionOf(fields: Readonly<Record<string, unknown>>, paint: Paint): string {
  const text = (key: string) => (isNothing(fields[key]) ? [] : [textOf(fields[key])])
  const outcome = textOf(fields['outcome'])
  const color = OUTCOMES[outcome] ?? 'red'
  const verdict = [outcome, ...(outcome === 'allowed' ? [] : text('status'))].join(' ')
  const what = [...text('method'), ...text('route'), ...text('requested'), ...text('path')]
  const milliseconds = text('milliseconds').map((count) => `${count} ms`)
  return [
    `${textOf(fields['half']).padEnd(HALF)} ${paint(color, verdict.padEnd(VERDICT))}`,
    ...[what.join(' '), ...text('account'), ...text('address')].filter((part) => part !== ''),
    ...text('reason').map((reason) => paint(color, reason)),
    ...milliseconds,
  ].join('  ')
}

function fieldsOf(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined
  }
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join(',')
  return visible(typeof value === 'string' ? value : JSON.stringify(value ?? ''))
}
