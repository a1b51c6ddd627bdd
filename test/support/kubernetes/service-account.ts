import { until } from '../until.ts'
import type { Api, Identity } from './api.ts'

/** A rule of a Role, as RBAC has it. */
export interface Rule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
  readonly resourceNames?: readonly string[]
}

export interface ServiceAccountOptions {
  readonly namespace: string
  readonly name: string
  readonly rules: readonly Rule[]
  /** A ClusterRole instead of a Role in the account's namespace. */
  readonly clusterWide?: boolean
}

/** Milliseconds until the API server must act by a role that it has. */
const EFFECT_LIMIT = 30_000

/** Makes a ServiceAccount that may do what the rules say and nothing else, in a namespace that is there. */
export async function serviceAccount(
  api: Api,
  { namespace, name, rules, clusterWide = false }: ServiceAccountOptions,
): Promise<Identity> {
  const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`
  await api.expect('POST', accounts, { metadata: { name } })
  const scope = clusterWide ? '' : `namespaces/${namespace}/`
  const prefix = clusterWide ? 'cluster' : ''
  const roles = `/apis/rbac.authorization.k8s.io/v1/${scope}${prefix}roles`
  const kind = clusterWide ? 'ClusterRole' : 'Role'
  await api.expect('POST', roles, { metadata: { name }, rules })
  await api.expect('POST', roles.replace(/roles$/, 'rolebindings'), {
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name },
    subjects: [{ kind: 'ServiceAccount', namespace, name }],
  })
  await untilInEffect(api, namespace, name, rules)
  const { status } = await api.expect('POST', `${accounts}/${name}/token`, { spec: {} })
  return { token: (status as { token: string }).token }
}

/** The API server learns of roles by a watch of its own. */
async function untilInEffect(
  api: Api,
  namespace: string,
  name: string,
  [rule]: readonly Rule[],
): Promise<void> {
  if (rule === undefined) return
  const review = {
    spec: {
      user: `system:serviceaccount:${namespace}:${name}`,
      resourceAttributes: {
        namespace,
        verb: rule.verbs[0],
        group: rule.apiGroups[0],
        resource: rule.resources[0],
        name: rule.resourceNames?.[0],
      },
    },
  }
  await until(`the role of ${namespace}/${name}`, EFFECT_LIMIT, async () => {
    const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews'
    const { status } = await api.expect('POST', path, review)
    return (status as { allowed: boolean }).allowed
  })
}
