import { existsSync, readFileSync } from 'node:fs'
import { isIPv6 } from 'node:net'
import path from 'node:path'
import { KubeConfig } from '@kubernetes/client-node/dist/config.js'
import type { Clock } from '../../clock.ts'
import { codeOf, messageOf, RauthError } from '../../errors.ts'
import { nearest } from '../../nearest.ts'
import { createExecPlugin } from './exec-plugin.ts'
import { adaptKubeconfig } from './kubeconfig-document.ts'

/** What says which cluster to ask, and as whom. */
export interface AccessOptions {
  /** A kubeconfig; else `$KUBECONFIG`, the pod's own ServiceAccount, `~/.kube/config`, the first that is there. */
  readonly kubeconfig?: string | undefined
  /** A context of the kubeconfig; else its current one. */
  readonly context?: string | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Home directory of whoever runs rauth. */
  readonly home: string
  /** What the login of an exec plugin ends by. */
  readonly clock: Clock
  /** Ends an exec plugin that runs. */
  readonly signal?: AbortSignal | undefined
  /** How long an exec plugin may take, milliseconds; a minute without. */
  readonly patience?: number
  /** What `/var/run/secrets/…` is below; for tests. */
  readonly root?: string
}

/** Which cluster it is, and how to ask it. */
export interface ClusterAccess {
  readonly config: KubeConfig
  /** Where it comes from, for people. */
  readonly from: string
  /** URL of the API server. */
  readonly server: string
  /** Whether the certificate of the API server is taken unseen: the kubeconfig says so. */
  readonly insecure: boolean
}

/** How long an exec plugin may take, milliseconds. */
const PATIENCE = 60_000

/** Where the kubelet mounts the token of the pod's ServiceAccount. */
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'

/**
 * Reads who to ask from where kubectl and pods have it. Throws ERR_CREDENTIALS_UNREADABLE with what to
 * do when there is nothing, or it can't be read; no text of a file is in it.
 */
export function readClusterAccess(options: AccessOptions): ClusterAccess {
  const { environment, home } = options
  const listed = (environment['KUBECONFIG'] ?? '').split(path.delimiter).filter((one) => one !== '')
  if (options.kubeconfig !== undefined) return fromFiles([options.kubeconfig], options)
  if (listed.length > 0) return fromFiles(listed, options)
  if (environment['KUBERNETES_SERVICE_HOST'] !== undefined && options.context === undefined) {
    return fromServiceAccount(options)
  }
  const usual = path.join(home, '.kube', 'config')
  if (existsSync(usual)) return fromFiles([usual], options)
  throw unreadable(
    `there is no cluster to ask: no pod around, no $KUBECONFIG and no ${usual}`,
    'name a kubeconfig in credentials.kubernetes.kubeconfig, or a directory of Secret manifests in ' +
      'credentials.directory',
  )
}

function fromServiceAccount({ environment, root = '' }: AccessOptions): ClusterAccess {
  const file = (name: string) => path.join(root, SERVICE_ACCOUNT, name)
  if (!existsSync(file('token'))) {
    throw unreadable(
      `this is a pod without the token of a ServiceAccount (${file('token')})`,
      'give it a serviceAccountName and leave automountServiceAccountToken on; or name a directory of ' +
        'Secret manifests in credentials.directory',
    )
  }
  const host = environment['KUBERNETES_SERVICE_HOST'] ?? ''
  const port = environment['KUBERNETES_SERVICE_PORT'] ?? '443'
  const config = new KubeConfig()
  config.loadFromClusterAndUser(
    {
      ...{ name: 'pod', caFile: file('ca.crt'), skipTLSVerify: false },
      server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
    },
    { name: 'pod', authProvider: { name: 'tokenFile', config: { tokenFile: file('token') } } },
  )
  return accessOf(config, 'the ServiceAccount of this pod')
}

/** The first file that says something about a name wins, as for kubectl. */
function fromFiles(files: readonly string[], options: AccessOptions): ClusterAccess {
  const { context, environment, clock, signal, patience = PATIENCE } = options
  const config = new KubeConfig()
  config.addAuthenticator(createExecPlugin({ environment, clock, signal, patience }))
  const from = files.join(path.delimiter)
  for (const file of files) {
    const one = readKubeconfig(file)
    try {
      config.mergeConfig(one, true)
    } catch (cause) {
      throw unreadable(`${from}: ${messageOf(cause)}`, 'give it another name in one of them', cause)
    }
    // Until one has it there is none, whatever the type says.
    const current = config.currentContext as string | undefined
    if (current === undefined || current === '') config.setCurrentContext(one.currentContext)
  }
  if (context !== undefined) config.setCurrentContext(context)
  const chosen = config.getCurrentContext() as string | undefined
  const names = config.getContexts().map(({ name }) => name)
  if (chosen === undefined || chosen === '') {
    throw unreadable(
      `${from} has no current context`,
      `set credentials.kubernetes.context to one of ${names.join(', ')}`,
    )
  }
  if (!names.includes(chosen)) {
    const meant = nearest(chosen, names)
    throw unreadable(
      `${from} has no context "${chosen}"`,
      meant === undefined
        ? `known there: ${names.join(', ') || 'none'}`
        : `did you mean "${meant}"?`,
    )
  }
  return accessOf(config, from)
}

function readKubeconfig(file: string): KubeConfig {
  const config = new KubeConfig()
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw unreadable(
      `kubeconfig ${file} cannot be read (${codeOf(cause) ?? messageOf(cause)})`,
      'name another in credentials.kubernetes.kubeconfig, or let the user that rauth runs as read it',
      cause,
    )
  }
  const folder = path.dirname(path.resolve(file))
  const adapted = adaptKubeconfig(text, folder)
  if (!adapted.ok) throw unreadable(`kubeconfig ${file}: ${adapted.problem}`, 'correct it')
  try {
    config.loadFromString(JSON.stringify(adapted.document))
  } catch (cause) {
    throw unreadable(`kubeconfig ${file}: ${messageOf(cause)}`, 'correct it', cause)
  }
  config.makePathsAbsolute(folder)
  return config
}

function accessOf(config: KubeConfig, from: string): ClusterAccess {
  const context = config.getContextObject(config.getCurrentContext())
  const cluster = context === null ? null : config.getCluster(context.cluster)
  if (cluster === null) {
    throw unreadable(
      `${from}: context "${config.getCurrentContext()}" is of a cluster that is not there`,
      'add the cluster, or choose another in credentials.kubernetes.context',
    )
  }
  if (config.getCurrentUser() === null) {
    throw unreadable(
      `${from}: context "${config.getCurrentContext()}" is of a user that is not there`,
      'add the user, or choose another in credentials.kubernetes.context',
    )
  }
  if (!URL.canParse(cluster.server) || !cluster.server.startsWith('https://')) {
    throw unreadable(
      `${from}: the server of cluster "${cluster.name}" is no https URL`,
      'rauth reads Secrets over TLS only: correct it',
    )
  }
  return { config, from, server: cluster.server, insecure: cluster.skipTLSVerify }
}

function unreadable(what: string, next: string, cause?: unknown): RauthError {
  return new RauthError(
    'ERR_CREDENTIALS_UNREADABLE',
    `credentials from Kubernetes: ${what}; next: ${next}`,
    { cause },
  )
}
