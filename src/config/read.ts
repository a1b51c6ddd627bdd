import { readFileSync } from 'node:fs'
import path from 'node:path'
import {
  isMap,
  isScalar,
  isNode,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
  type Node,
} from 'yaml'
import type { z } from 'zod'
import { messageOf, RauthError } from '../errors.ts'
import { nearest } from './nearest.ts'
import { keysAt, schema, SETTINGS, type Config } from './schema.ts'

/** One mistake: where it is and what to do about it. */
export interface ConfigProblem {
  /** `rauth.yaml:12:5`, or the environment variable. */
  readonly where: string
  readonly message: string
}

export type Environment = Readonly<Record<string, string | undefined>>

type ConfigDocument = Document.Parsed

/** Environment variables of rauth's own that are no setting. */
const OTHER_VARIABLES = new Set(['RAUTH_PARTS_DIR', 'RAUTH_PEERS_DIR'])

/** What Kubernetes injects for a Service named rauth: RAUTH_PORT, RAUTH_SERVICE_HOST and so on. */
const SERVICE_LINK = /^RAUTH_([A-Z0-9_]+_)?(PORT|SERVICE_HOST|SERVICE_PORT)(_|$)/

function unknown(kind: string, name: string, known: readonly string[]): string {
  const suggestion = nearest(name, known)
  return suggestion === undefined
    ? `unknown ${kind} "${name}"; known here: ${known.join(', ')}`
    : `unknown ${kind} "${name}"; did you mean "${suggestion}"?`
}

/** `line:column` of the key or list item at a path, or of its nearest parent that is in the document. */
function locate(document: ConfigDocument, lines: LineCounter, at: readonly PropertyKey[]): string {
  let offset = document.contents?.range[0] ?? 0
  let node: unknown = document.contents
  for (const key of at) {
    const [found, below] = step(node, key)
    const start = found?.range?.[0]
    if (start === undefined) break
    offset = start
    node = below
  }
  const { line, col } = lines.linePos(offset)
  return `${String(line)}:${String(col)}`
}

/** The node that stands at a key, and the one below it. */
function step(node: unknown, key: PropertyKey): readonly [Node | undefined, unknown] {
  if (isMap(node)) {
    const pair = node.items.find((item) => isScalar(item.key) && item.key.value === key)
    return isScalar(pair?.key) ? [pair.key, pair.value] : [undefined, undefined]
  }
  const item = isSeq(node) && typeof key === 'number' ? node.items[key] : undefined
  return isNode(item) ? [item, item] : [undefined, undefined]
}

/** Writes the settings of the environment over those of the document; returns which it wrote. */
function applyEnvironment(
  values: Record<string, unknown>,
  environment: Environment,
  problems: ConfigProblem[],
): Map<string, string> {
  const applied = new Map<string, string>()
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith('RAUTH_') || text === undefined) continue
    if (OTHER_VARIABLES.has(name) || SERVICE_LINK.test(name)) continue
    const setting = SETTINGS.find(({ variable }) => variable === name)
    if (setting === undefined) {
      const names = SETTINGS.map(({ variable }) => variable)
      problems.push({ where: name, message: unknown('variable', name, names) })
      continue
    }
    let target = values
    for (const key of setting.path.slice(0, -1)) {
      const below = target[key]
      if (typeof below !== 'object' || below === null) target[key] = {}
      target = target[key] as Record<string, unknown>
    }
    target[setting.path.at(-1) ?? ''] = setting.read(text)
    applied.set(setting.path.join('.'), name)
  }
  return applied
}

/** The variable that a path, or the list that it leads into, was taken from. */
function variableOf(
  at: readonly PropertyKey[],
  applied: ReadonlyMap<string, string>,
): string | undefined {
  const steps = at.map((_, i) =>
    at
      .slice(0, at.length - i)
      .map(String)
      .join('.'),
  )
  return steps.map((step) => applied.get(step)).find((name) => name !== undefined)
}

function problemsOf(
  issue: z.core.$ZodIssue,
  where: (at: readonly PropertyKey[]) => string,
  present: (at: readonly PropertyKey[]) => boolean,
): ConfigProblem[] {
  const dotted = (at: readonly PropertyKey[]) => at.map(String).join('.')
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(issue.path.map(String)).map((key) => dotted([...issue.path, key]))
    return issue.keys.map((key) => ({
      where: where([...issue.path, key]),
      message: unknown('key', dotted([...issue.path, key]), known),
    }))
  }
  const name = dotted(issue.path)
  if (name === '') return [{ where: where([]), message: 'expected a map of settings' }]
  const missing = issue.code === 'invalid_type' && !present(issue.path)
  const message = missing ? 'is missing and has no default' : issue.message.replace(/^I/, 'i')
  return [{ where: where(issue.path), message: `"${name}" ${message}` }]
}

/**
 * Reads a configuration: the YAML text, then the environment over it. Returns all problems at once,
 * each with its place. Relative paths are taken from the folder of the file.
 */
export function parseConfig(
  text: string,
  fileName: string,
  environment: Environment,
):
  | { readonly config: Config; readonly problems?: never }
  | { readonly problems: readonly ConfigProblem[] } {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => {
      const { line, col } = lines.linePos(error.pos[0])
      return { where: `${fileName}:${String(line)}:${String(col)}`, message: error.message }
    })
    return { problems }
  }

  const problems: ConfigProblem[] = []
  const values = (document.toJS({ maxAliasCount: 10 }) ?? {}) as Record<string, unknown>
  const applied =
    typeof values === 'object' && !Array.isArray(values)
      ? applyEnvironment(values, environment, problems)
      : new Map<string, string>()
  const parsed = schema.safeParse(values)
  const where = (at: readonly PropertyKey[]) =>
    variableOf(at, applied) ?? `${fileName}:${locate(document, lines, at)}`
  for (const issue of parsed.error?.issues ?? []) {
    problems.push(...problemsOf(issue, where, (at) => document.hasIn(at)))
  }
  if (parsed.data === undefined || problems.length > 0) return { problems }

  const folder = path.dirname(path.resolve(fileName))
  return {
    config: deepFreeze({
      ...parsed.data,
      keys: {
        ...parsed.data.keys,
        directory: path.resolve(folder, parsed.data.keys.directory),
      },
      credentials: { directory: path.resolve(folder, parsed.data.credentials.directory) },
    }),
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(deepFreeze)
    Object.freeze(value)
  }
  return value
}

/** Reads the file; the RauthError lists each problem as `file:line:column: message`. */
export function loadConfig(fileName: string, environment: Environment): Config {
  let text: string
  try {
    text = readFileSync(fileName, 'utf8')
  } catch (cause) {
    throw new RauthError(
      'ERR_CONFIG_INVALID',
      `cannot read the configuration: ${messageOf(cause)}; say where it is (serve --config FILE, check-config -f FILE)`,
      { cause },
    )
  }
  const result = parseConfig(text, fileName, environment)
  if (result.problems === undefined) return result.config
  const list = result.problems.map(({ where, message }) => `${where}: ${message}`)
  throw new RauthError('ERR_CONFIG_INVALID', list.join('\n'))
}
