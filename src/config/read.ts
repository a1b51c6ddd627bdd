import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { z } from 'zod'
import { codeOf, messageOf, RauthError } from '../errors.ts'
import { readDocument, type Place } from './document.ts'
import { applyEnvironment, type Environment } from './environment.ts'
import { nearest } from '../nearest.ts'
import { schema, type Config } from './schema.ts'
import { keysAt, SETTINGS } from './settings.ts'

/** One mistake: where it is and what to do about it. */
export interface ConfigProblem {
  /** `rauth.yaml:12:5`, or the environment variable. */
  readonly where: string
  readonly message: string
}

/**
 * Reads a configuration: the YAML text, then the environment over it. Returns all problems at once,
 * each with its place and in the order of the text. Relative paths are taken from the folder of the
 * file.
 */
export function parseConfig(
  text: string,
  fileName: string,
  environment: Environment,
):
  | { readonly config: Config; readonly problems?: never }
  | { readonly problems: readonly ConfigProblem[] } {
  const at = ({ line, column }: Place) => `${fileName}:${line}:${column}`
  const read = readDocument(text)
  if (read.problems !== undefined) {
    return { problems: read.problems.map(({ place, message }) => ({ where: at(place), message })) }
  }
  const { document } = read
  const { values, variables, unknown } = applyEnvironment(document.values, environment, SETTINGS)
  const parsed = schema.safeParse(values, { reportInput: true })

  const inText: (ConfigProblem & { readonly place: Place })[] = []
  const inEnvironment: ConfigProblem[] = unknown.map((name) => {
    const names = SETTINGS.map(({ variable }) => variable)
    return { where: name, message: unknownName('variable', name, names) }
  })
  for (const issue of parsed.error?.issues ?? []) {
    for (const { path: key, message } of mistakesOf(issue)) {
      const variable = variableOf(key, variables)
      const place = document.locate(key)
      if (variable !== undefined) inEnvironment.push({ where: variable, message })
      else inText.push({ where: at(place), message, place })
    }
  }
  inText.sort((a, b) => a.place.line - b.place.line || a.place.column - b.place.column)
  const problems = [...inText.map(({ where, message }) => ({ where, message })), ...inEnvironment]
  if (parsed.data === undefined || problems.length > 0) return { problems }

  const folder = path.dirname(path.resolve(fileName))
  const resolved = (files: Readonly<Record<string, string | undefined>>) =>
    Object.fromEntries(
      Object.entries(files).map(([name, file]) => [name, file && path.resolve(folder, file)]),
    )
  const { tls } = parsed.data
  return {
    config: deepFreeze({
      ...parsed.data,
      keys: {
        ...parsed.data.keys,
        directory: path.resolve(folder, parsed.data.keys.directory),
      },
      credentials: { directory: path.resolve(folder, parsed.data.credentials.directory) },
      tls: {
        token: resolved(tls.token),
        gateway: resolved(tls.gateway),
        gatewayHttp: resolved(tls.gatewayHttp),
      },
    }),
  }
}

/** The variable that a setting, or the list that it is in, came from. */
function variableOf(
  key: readonly string[],
  variables: ReadonlyMap<string, string>,
): string | undefined {
  const above = key.map((_, i) => key.slice(0, key.length - i).join('.'))
  return above.map((path) => variables.get(path)).find((name) => name !== undefined)
}

interface Mistake {
  readonly path: readonly string[]
  readonly message: string
}

/** What the schema has against a document, in words that name the key. */
function mistakesOf(issue: z.core.$ZodIssue): readonly Mistake[] {
  const key = issue.path.map(String)
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(key).map((name) => [...key, name].join('.'))
    return issue.keys.map((name) => ({
      path: [...key, name],
      message: unknownName('key', [...key, name].join('.'), known),
    }))
  }
  // Nulls are gone, so an input that is not there was not written.
  const missing = issue.code === 'invalid_type' && issue.input === undefined
  const what = missing ? 'is missing and has no default' : issue.message.replace(/^I/, 'i')
  return [{ path: key, message: `"${key.join('.')}" ${what}` }]
}

function unknownName(kind: string, name: string, known: readonly string[]): string {
  const suggestion = nearest(name, known)
  return suggestion === undefined
    ? `unknown ${kind} "${name}"; known here: ${known.join(', ')}`
    : `unknown ${kind} "${name}"; did you mean "${suggestion}"?`
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(deepFreeze)
    Object.freeze(value)
  }
  return value
}

/** What is read when no file is named. */
export const USUAL_FILE = 'rauth.yaml'

/**
 * Reads the file, or without a name rauth.yaml if there is one: the environment alone can be enough.
 * The RauthError lists each problem as `file:line:column: message`.
 */
export function loadConfig(fileName: string | undefined, environment: Environment): Config {
  const file = fileName ?? USUAL_FILE
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    if (fileName !== undefined || codeOf(cause) !== 'ENOENT') {
      throw new RauthError(
        'ERR_CONFIG_INVALID',
        `cannot read the configuration: ${messageOf(cause)}; say where it is with --config FILE`,
        { cause },
      )
    }
    text = ''
  }
  const result = parseConfig(text, file, environment)
  if (result.problems === undefined) return result.config
  const list = result.problems.map(({ where, message }) => `${where}: ${message}`)
  if (text === '' && fileName === undefined) {
    list.push(
      `there is no ${USUAL_FILE} here: name a file with --config FILE, or set the variables`,
    )
  }
  throw new RauthError('ERR_CONFIG_INVALID', list.join('\n'))
}
