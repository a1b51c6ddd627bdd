import path from 'node:path'
import { isMapping, type Mapping } from '../../mapping.ts'
import { readForeignYaml } from '../../yaml/foreign.ts'
import { EXEC_PROVIDER } from './exec-plugin.ts'

export type AdaptedKubeconfig =
  | { readonly ok: true; readonly document: Mapping }
  /** What is wrong; quotes nothing of the file but names. */
  | { readonly ok: false; readonly problem: string }

/** What would make rauth another user than kubectl is, if it were passed over. */
const UNSUPPORTED = ['as-groups', 'as-uid', 'as-user-extra']

/**
 * A kubeconfig as client-node's KubeConfig understands it. That one knows no `tokenFile` of a user, runs exec
 * plugins for as long as they like and without KUBERNETES_EXEC_INFO, which most of them ask for, and looks for files
 * and programs with a relative path in the working directory: they are in the folder of the kubeconfig.
 */
export function adaptKubeconfig(text: string, folder: string): AdaptedKubeconfig {
  const read = readForeignYaml(text)
  if ('flaw' in read) return wrong(`it is no YAML (${read.flaw})`)
  const document = read.value
  if (!isMapping(document)) return wrong('it is no mapping')
  const clusters = new Map(
    namedOf(document['clusters']).map((one) => [one['name'], one['cluster']]),
  )
  const clusterOf = new Map(
    namedOf(document['contexts']).map(({ context }) =>
      isMapping(context)
        ? [context['user'], clusters.get(context['cluster'])]
        : [undefined, undefined],
    ),
  )
  const users: unknown[] = []
  for (const entry of namedOf(document['users'])) {
    const user = isMapping(entry['user']) ? entry['user'] : {}
    const odd = UNSUPPORTED.find((key) => user[key] !== undefined)
    if (odd !== undefined) {
      return wrong(`user "${String(entry['name'])}" has ${odd}, which rauth does not know`)
    }
    const adapted = adaptUser(user, folder, clusterOf.get(entry['name']))
    if (typeof adapted === 'string') return wrong(`user "${String(entry['name'])}" ${adapted}`)
    users.push({ ...entry, user: adapted })
  }
  return { ok: true, document: { ...document, users } }
}

function adaptUser(user: Mapping, folder: string, cluster: unknown): Mapping | string {
  const { exec, ...others } = user
  const { tokenFile } = others
  if (typeof tokenFile === 'string' && (user['token'] ?? '') === '') {
    const config = { tokenFile: path.resolve(folder, tokenFile) }
    return { ...user, 'auth-provider': { name: 'tokenFile', config } }
  }
  if (!isMapping(exec)) return user
  const { command, apiVersion, interactiveMode } = exec
  if (interactiveMode === 'Always') {
    return 'has an exec plugin that wants to talk to somebody (interactiveMode: Always)'
  }
  const info = {
    ...{ apiVersion, kind: 'ExecCredential' },
    spec: {
      interactive: false,
      ...(exec['provideClusterInfo'] === true && isMapping(cluster)
        ? { cluster: shown(cluster) }
        : {}),
    },
  }
  return {
    ...others,
    'auth-provider': {
      name: EXEC_PROVIDER,
      config: {
        ...exec,
        // With a slash in it, it is no name of a program on the PATH.
        command:
          typeof command === 'string' && command.includes('/')
            ? path.resolve(folder, command)
            : command,
        env: [
          ...(Array.isArray(exec['env']) ? (exec['env'] as unknown[]) : []),
          { name: 'KUBERNETES_EXEC_INFO', value: JSON.stringify(info) },
        ],
      },
    },
  }
}

/** What a plugin is told of the cluster, by the names of client.authentication.k8s.io. */
function shown(cluster: Mapping): Mapping {
  const keys = [
    ...['server', 'tls-server-name', 'insecure-skip-tls-verify'],
    ...['certificate-authority-data', 'proxy-url'],
  ]
  return Object.fromEntries(
    keys.flatMap((key) => (cluster[key] === undefined ? [] : [[key, cluster[key]] as const])),
  )
}

function namedOf(list: unknown): readonly Mapping[] {
  return Array.isArray(list) ? (list as readonly unknown[]).filter(isMapping) : []
}

function wrong(problem: string): AdaptedKubeconfig {
  return { ok: false, problem }
}
