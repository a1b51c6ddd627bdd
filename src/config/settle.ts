import path from 'node:path'
import type { z } from 'zod'
import { auditFileOf } from './audit-schema.ts'
import { credentialSource } from './credentials.ts'
import { deepFreeze } from './deep-freeze.ts'
import type { Place } from './document.ts'
import { applyEnvironment, type Environment } from './environment.ts'
import { resolveSource } from './identity-schema.ts'
import { mistakesOf, unknownName } from './mistakes.ts'
import type { ConfigProblem } from './problems.ts'
import { schema, type Config } from './schema.ts'
import { keysAt, SETTINGS } from './settings.ts'
import { programIn } from './values.ts'

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
