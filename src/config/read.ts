import { existsSync } from 'node:fs'
import path from 'node:path'
import type { z } from 'zod'
import { codeOf, messageOf, RauthError } from '../errors.ts'
import { visible } from '../printable.ts'
import { auditFileOf } from './audit-schema.ts'
import { MOST_CONFIG, readBoundedText } from './bounded-text.ts'
import { credentialSource } from './credentials.ts'
import { deepFreeze } from './deep-freeze.ts'
import { readDocument, type Place } from './document.ts'
import { applyEnvironment, type Environment } from './environment.ts'
import { resolveSource } from './identity-schema.ts'
import { mistakesOf, unknownName } from './mistakes.ts'
import { boundedProblems, problemsError, type ConfigProblem } from './problems.ts'
import { schema, type Config } from './schema.ts'
import { keysAt, SETTINGS } from './settings.ts'
import { programIn } from './values.ts'

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

/** A configuration without problems. */
export interface SettledConfig {
  readonly config: Config
  /** What of it stands in the text, by the names of settings. */
  readonly written: Readonly<Record<string, unknown>>
  readonly problems?: never
}

/** The values of settings that stand in a text, perhaps under other names. */
export interface Written {
  readonly values: Record<string, unknown>
  readonly locate: (at: readonly PropertyKey[]) => Place
  /** The keys of the text that a setting comes from. */
  readonly keyOf: (setting: readonly string[]) => readonly string[]
}

/** What is written, and the environment over it → the configuration, or all problems at once. */
export function settleConfig(
  { values: written, locate, keyOf }: Written,
  fileName: string,
  environment: Environment,
): SettledConfig | { readonly problems: readonly ConfigProblem[] } {
  const at = ({ line, column }: Place) => `${fileName}:${line}:${column}`
  const { values, variables, unknown } = applyEnvironment(written, environment, SETTINGS)
  const parsed = schema.safeParse(values, { reportInput: true })

  const inText: (ConfigProblem & { readonly place: Place })[] = []
  const inEnvironment: ConfigProblem[] = unknown.map((name) => {
    const names = SETTINGS.map(({ variable }) => variable)
    const isLink = environment[name]?.startsWith('tcp://') === true
    const message = isLink
      ? `unknown variable "${name}": it looks like one that Kubernetes makes of a Service; set ` +
        'enableServiceLinks: false in the pod'
      : unknownName('variable', name, names)
    return { where: name, message }
  })
  const issues = parsed.error?.issues ?? []
  const unlisted = new Map(issues.flatMap((issue) => unlistedBy(issue, variables)))
  for (const [where, message] of unlisted) inEnvironment.push({ where, message })
  for (const issue of issues) {
    for (const { path: key, message } of mistakesOf(issue, keysAt)) {
      const variable = variableOf(key, variables)
      // Said above.
      if (unlisted.has(variable ?? '')) continue
      const own = keyOf(key)
      const place = locate(own)
      const told = message.replace(`"${key.join('.')}"`, `"${own.join('.')}"`)
      if (variable !== undefined) inEnvironment.push({ where: variable, message })
      else inText.push({ where: at(place), message: told, place })
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
  const { tls, policy, identity, audit, tracing, liveView } = parsed.data
  return {
    written,
    config: deepFreeze({
      ...parsed.data,
      keys: {
        ...parsed.data.keys,
        directory: path.resolve(folder, parsed.data.keys.directory),
        ...resolved({
          certificate: parsed.data.keys.certificate,
          key: parsed.data.keys.key,
          bindingKey: parsed.data.keys.bindingKey,
        }),
      },
      audit: { ...audit, ...(auditFileOf(audit) && resolved({ to: audit.to })) },
      policy: {
        ...{ ...policy, ...(policy.file && resolved({ file: policy.file })) },
        command: { ...policy.command, ...programIn(folder, policy.command.program) },
      },
      liveView: {
        ...liveView,
        ...(liveView.tokenFile && resolved({ tokenFile: liveView.tokenFile })),
      },
      tracing: {
        ...tracing,
        ...resolved({ headersFile: tracing.headersFile, authority: tracing.authority }),
      },
      identity: identity.map((source) => resolveSource(source, folder)),
      credentials: credentialSource(parsed.data.credentials, { inPod: isPod(environment), folder }),
      tls: {
        token: resolved(tls.token),
        gateway: resolved(tls.gateway),
        gatewayHttp: resolved(tls.gatewayHttp),
      },
    }),
  }
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

/** Kubernetes tells each container where its API server is. */
function isPod(environment: Environment): boolean {
  return environment['KUBERNETES_SERVICE_HOST'] !== undefined
}

/** The variable that should have had a list and has none, and how that is written. */
function unlistedBy(
  issue: z.core.$ZodIssue,
  variables: ReadonlyMap<string, string>,
): readonly (readonly [variable: string, message: string])[] {
  const key = issue.path.map(String)
  const name = variableOf(key, variables)
  const form = SETTINGS.find(({ variable }) => variable === name)?.form
  const isNoList = issue.code === 'invalid_type' && issue.expected === 'array'
  if (!isNoList || name === undefined || form === undefined) return []
  return [[name, `"${key.join('.')}" is a list: write it as ${form}`]]
}

/** The variable that a setting, or the list that it is in, came from. */
function variableOf(
  key: readonly string[],
  variables: ReadonlyMap<string, string>,
): string | undefined {
  const above = key.map((_, i) => key.slice(0, key.length - i).join('.'))
  return above.map((path) => variables.get(path)).find((name) => name !== undefined)
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
