import { existsSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { Command } from 'commander'
import { POLICY_FILE, readDocumentText } from '../adapters/file/document-text.ts'
import { auditFileOf } from '../config/audit-schema.ts'
import { USUAL_FILE } from '../config/read.ts'
import { configuredPolicy } from '../config/configured-policy.ts'
import { asksCluster, clusterOf } from '../config/credentials.ts'
import type { Config } from '../config/schema.ts'
import { TLS_LISTENERS, tlsFilesOf } from '../config/tls.ts'
import { idleWorkers, policyWarningsOf, warningsOf } from '../config/warnings.ts'
import { RauthError } from '../errors.ts'
import { lint } from '../policy/lint.ts'
import type { Policy } from '../policy/policy.ts'
import { visible } from '../printable.ts'
import { filesOf } from '../serve/identity/files.ts'
import { liveViewFiles } from '../serve/live-view-token.ts'
import type { NeededFile } from '../serve/needed-file.ts'
import { openSecrets } from '../serve/open-secrets.ts'
import { tracingFiles } from '../serve/tracing.ts'
import { readServedFiles } from './check-config/served-files.ts'
import { configFile, withArgument, type AnyConfigOption } from './config-option.ts'
import { loadAnyConfig } from './configured.ts'
import { say } from './output.ts'

const clock = () => Date.now() / 1000

/** `rauth check-config`: tells each mistake, or what is doubtful. */
export async function runCheckConfig(
  argument: string | undefined,
  given: CheckConfigOptions,
  command: Command,
): Promise<void> {
  const options = withArgument(argument, given, command)
  const { dockerAuthConfig } = options
  const file = dockerAuthConfig ?? configFile(options)
  const name = file ?? (existsSync(USUAL_FILE) ? USUAL_FILE : 'the environment')
  const { config, unheeded } = loadAnyConfig(options)
  const { mistakes, orMistake } = collectMistakes()
  const policy = await orMistake(() => readPolicy(config), undefined)
  await orMistake(() => checkCluster(config), undefined)
  await orMistake(() => checkFiles(config), undefined)
  const ofPolicy = policy === undefined ? [] : policyWarningsOf(policy, config, lint)
  const listeners = dockerAuthConfig === undefined ? TLS_LISTENERS : (['token'] as const)
  const missing = given.files ? missingPaths(config) : []
  const ofFiles = given.files
    ? await orMistake(() => readServedFiles(config, listeners, clock), [])
    : []
  const ofMachine = given.files ? ofThisMachine(config) : []
  if (mistakes.length > 0) {
    say(mistakes.flatMap((lines) => lines.split('\n')))
    say([...ofFiles, ...missing].map((line) => `${name}: ${line}`))
    process.exitCode = 1
    return
  }
  const ofModes = given.files ? await openSecrets(config) : []
  const warnings = [
    ...[...unheeded, ...ofMachine, ...warningsOf(config, listeners)],
    ...[...ofPolicy, ...ofFiles, ...ofModes],
  ]
  say([...warnings, ...missing].map((line) => `${name}: ${line}`))
  if (missing.length > 0) {
    say([`${name}: rauth would not start here; elsewhere: --no-files`])
    process.exitCode = 1
    return
  }
  process.stdout.write(`${visible(name)}: ok${countOf(warnings.length)}\n`)
}

/** One that is found keeps nothing else from being looked at. */
function collectMistakes() {
  const mistakes: string[] = []
  return {
    mistakes,
    orMistake: async <T>(look: () => Promise<T>, without: T): Promise<T> => {
      try {
        return await look()
      } catch (error) {
        if (!(error instanceof RauthError)) throw error
        mistakes.push(error.message)
        return without
      }
    },
  }
}

export interface CheckConfigOptions extends AnyConfigOption {
  readonly files: boolean
}

function ofThisMachine({ workers }: Config): readonly string[] {
  return workers === 'auto' ? [] : idleWorkers(workers, os.availableParallelism())
}

function countOf(warnings: number): string {
  return warnings === 0 ? '' : `, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`
}

/** The policy of the file, if there is one here. Throws what is wrong with it. */
async function readPolicy(config: Config): Promise<Policy | undefined> {
  const { file } = config.policy
  if (file === undefined || !existsSync(file)) return undefined
  return configuredPolicy(config, await readDocumentText(file, POLICY_FILE), file)
}

/** Throws when a kubeconfig that is named can't be used. Which others there are is another machine's affair. */
async function checkCluster(config: Config): Promise<void> {
  if (!asksCluster(config)) return
  const { kubeconfig, context } = clusterOf(config.credentials)
  const named = kubeconfig !== undefined && existsSync(kubeconfig)
  if (!named && (kubeconfig !== undefined || context === undefined)) return
  const { readClusterAccess } = await import('../adapters/kubernetes/cluster-access.ts')
  readClusterAccess({ kubeconfig, context, environment: process.env, home: os.homedir(), clock })
}

function credentialPaths(credentials: Config['credentials']): readonly Missing[] {
  if (credentials.source === 'directory') {
    const next = ': make it, with a Secret in it'
    return [['credentials.directory', credentials.directory, next]]
  }
  return []
}

function clusterPaths(config: Config): readonly Missing[] {
  const { kubeconfig } = clusterOf(config.credentials)
  return kubeconfig === undefined || !asksCluster(config)
    ? []
    : [['credentials.kubernetes.kubeconfig', kubeconfig, ': put it there']]
}

/** The files that are read here as `rauth serve` reads them. */
function neededFiles({ identity, tracing, liveView }: Config): readonly NeededFile[] {
  return [...identity.flatMap(filesOf), ...tracingFiles(tracing), ...liveViewFiles(liveView)]
}

/** Throws what is wrong with one of them that is here. */
async function checkFiles(config: Config): Promise<void> {
  for (const one of neededFiles(config)) if (existsSync(one.path)) await one.check()
}

/** A command of the policy that is named by a path. */
function programs({ policy }: Config): readonly Missing[] {
  const { program } = policy.command
  return program?.includes('/') === true ? [['policy.command.program', program, '']] : []
}

/** The folder of the audit's file, which rauth makes itself. */
function auditFolder({ audit }: Config): readonly Missing[] {
  const file = auditFileOf(audit)
  return file === undefined ? [] : [['audit.to, the folder', path.dirname(file), ': make it']]
}

type Missing = readonly [key: string, path: string, next: string]

/** What keeps rauth from starting here, and is no mistake of a configuration for another machine. */
function missingPaths(config: Config): readonly string[] {
  const { keys, credentials, policy, identity } = config
  const init = keys.verifyOnly ? 'rauth keys public' : 'rauth keys init --directory'
  const secrets = identity.filter((source) => source.secrets !== undefined)
  const paths: readonly Missing[] = [
    ...(keys.certificate === undefined || keys.key === undefined
      ? [['keys.directory', keys.directory, `: ${init} ${keys.directory}`] as const]
      : [['keys.certificate', keys.certificate, ''] as const, ['keys.key', keys.key, ''] as const]),
    ...(keys.bindingKey === undefined ? [] : [['keys.bindingKey', keys.bindingKey, ''] as const]),
    ...secrets.flatMap(() => credentialPaths(credentials)),
    ...clusterPaths(config),
    ...programs(config),
    ...auditFolder(config),
    ...neededFiles(config).map(({ key, path: file, next }): Missing => [key, file, next]),
    ...(policy.file === undefined
      ? []
      : [['policy.file', policy.file, ': put a policy there'] as const]),
    ...TLS_LISTENERS.flatMap((listener) =>
      Object.entries(tlsFilesOf(config, listener) ?? {}).map(([name, file]: [string, string]) => {
        const missing: Missing = [`tls.${listener}.${name}`, file, '']
        return missing
      }),
    ),
  ]
  return paths
    .filter(([, file]) => !existsSync(file))
    .map(([key, file, next]) => `${key} ${file} is not here${next}`)
}
