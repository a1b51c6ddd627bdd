import { existsSync } from 'node:fs'
import { codeOf, messageOf, RauthError } from '../errors.ts'
import { visible } from '../printable.ts'
import { MOST_CONFIG, readBoundedText } from './bounded-text.ts'
import { readDocument } from './document.ts'
import type { Environment } from './environment.ts'
import { boundedProblems, problemsError, type ConfigProblem } from './problems.ts'
import type { Config } from './schema.ts'
import { settleConfig, type SettledConfig } from './settle.ts'

/**
 * Reads a configuration: the YAML text, then the environment over it. Returns all problems at once,
 * each with its place and in the order of the text. Relative paths are taken from the folder of the
 * file.
 */
export function parseConfig(
  text: string,
  fileName: string,
  environment: Environment,
): SettledConfig | { readonly problems: readonly ConfigProblem[] } {
  const read = readDocument(text)
  if (read.problems !== undefined) {
    return {
      problems: boundedProblems(
        read.problems.map(({ place: { line, column }, message }) => ({
          ...{ where: `${fileName}:${line}:${column}`, message },
        })),
      ),
    }
  }
  const { values, locate } = read.document
  const foreign = ['server', 'acl'].find((key) => Object.hasOwn(values, key))
  if (foreign !== undefined) {
    const { line, column } = locate([foreign])
    return {
      problems: [{ where: `${fileName}:${line}:${column}`, message: ofDockerAuth(fileName) }],
    }
  }
  const { kind } = values
  if (typeof kind === 'string' && Object.hasOwn(values, 'apiVersion')) {
    const { line, column } = locate(['kind'])
    return { problems: [{ where: `${fileName}:${line}:${column}`, message: ofKubernetes(kind) }] }
  }
  return settleConfig({ values, locate, keyOf: (key) => key }, fileName, environment)
}

function ofDockerAuth(fileName: string): string {
  return (
    'this is a configuration of docker_auth; next: ' +
    `rauth serve --docker-auth-config ${fileName}, or rauth migrate docker-auth ${fileName}`
  )
}

function ofKubernetes(kind: string): string {
  const inside = ['ConfigMap', 'Secret'].includes(kind)
  return (
    `this is a manifest of Kubernetes, a ${visible(kind)}, and no configuration; next: ` +
    (inside ? 'take what stands in it below data, as a file of its own' : 'name the rauth.yaml')
  )
}

/** What to do about what the system says. */
function remedyFor(code: string | undefined): string {
  return code === 'EACCES' || code === 'EPERM'
    ? 'let the user that rauth runs as read it (chmod, chown; in a pod fsGroup)'
    : code === 'EISDIR'
      ? 'name the file in it with --config FILE'
      : 'say where it is with --config FILE'
}

/** What is read when no file is named. */
export const USUAL_FILE = 'rauth.yaml'

/**
 * Reads the file, or without a name rauth.yaml if there is one: the environment alone can be enough.
 * The RauthError lists each problem as `file:line:column: message`.
 */
export function loadConfig(fileName: string | undefined, environment: Environment): Config {
  return loadConfigText(fileName, environment).config
}

/** The same, with the text that was read; empty without a file. */
export function loadConfigText(
  fileName: string | undefined,
  environment: Environment,
): { readonly config: Config; readonly text: string } {
  const file = fileName ?? USUAL_FILE
  let text: string
  let isThere = true
  try {
    text = readBoundedText(file, MOST_CONFIG)
  } catch (cause) {
    if (fileName !== undefined || codeOf(cause) !== 'ENOENT') {
      throw new RauthError(
        'ERR_CONFIG_INVALID',
        `cannot read the configuration: ${messageOf(cause)}; ${remedyFor(codeOf(cause))}`,
        { cause },
      )
    }
    text = ''
    isThere = false
  }
  const result = parseConfig(text, file, environment)
  if (result.problems === undefined) return { config: result.config, text }
  throw problemsError(isThere ? result.problems : withoutFile(result.problems))
}

/** No place in a file that is not there. */
function withoutFile(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  const message = 'name a file with --config FILE, or set the variables'
  return [
    { where: `there is no ${USUAL_FILE} here`, message },
    ...problems.map(({ where, message }) => ({
      where: where.startsWith(`${USUAL_FILE}:`) ? 'the environment' : where,
      message,
    })),
  ]
}

/** The text of a file, and the environment over it. The RauthError lists each problem, as {@link loadConfig}. */
export function configOf(text: string, fileName: string, environment: Environment): Config {
  return readConfig(text, fileName, environment).config
}

/** The same, with what stands in the text itself. */
export function readConfig(
  text: string,
  fileName: string,
  environment: Environment,
): SettledConfig {
  const result = parseConfig(text, fileName, environment)
  if (result.problems === undefined) return result
  throw problemsError(result.problems)
}

/** Whether neither a file nor the environment says what rauth this is about. */
export function isUnconfigured(fileName: string | undefined, environment: Environment): boolean {
  return (
    fileName === undefined && !existsSync(USUAL_FILE) && environment['RAUTH_REALM'] === undefined
  )
}

/**
 * The same for whoever gives no token and sends nobody anywhere: without a file and `RAUTH_REALM` the rest of
 * the environment counts, and what is usual.
 */
export function loadConfigWithoutRealm(
  fileName: string | undefined,
  environment: Environment,
): Config {
  if (!isUnconfigured(fileName, environment)) return loadConfig(fileName, environment)
  return configOf('realm: http://localhost/token\n', USUAL_FILE, environment)
}
