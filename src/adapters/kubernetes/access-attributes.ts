import type { Question } from '../../authorize.ts'
import { formatServiceAccount } from '../../service-account.ts'
import type { Labels } from '../../subject.ts'

/** Of SubjectAccessReview (authorization.k8s.io/v1): who would do what. */
export interface AccessSpec {
  readonly user: string
  readonly groups: readonly string[]
  readonly resourceAttributes: {
    readonly group: string
    readonly resource: string
    readonly verb: string
    readonly namespace: string
    readonly name: string
  }
}

/** The API group of what no API server has: repositories, for the rules of Roles alone. */
const GROUP = 'registry.rauth.dev'

/** What actions are called in Roles. */
const VERBS: Readonly<Record<string, string>> = {
  ...{ pull: 'get', push: 'update', delete: 'delete', '*': '*' },
}

/** Groups that one review can have: each value of a label is one. */
const MAX_GROUPS = 512

/**
 * A question as Kubernetes asks it; `undefined`: it is about nothing that a Role can name. A repository is an object in
 * the namespace that its name begins with, and is called what is behind that; one of a single component is in none.
 */
export function accessSpec(question: Question, action: string): AccessSpec | undefined {
  const { type, name } = question.resource
  const verb = Object.hasOwn(VERBS, action) ? VERBS[action] : undefined
  if (type !== 'repository' || verb === undefined) return undefined
  // What nobody wants to know costs the API server nothing.
  if (question.holder === undefined && action !== 'pull') return undefined
  const slash = name.indexOf('/')
  return {
    ...whoIs(question),
    resourceAttributes: {
      ...{ group: GROUP, resource: 'repositories', verb },
      ...{ namespace: name.slice(0, Math.max(slash, 0)), name: name.slice(slash + 1) },
    },
  }
}

/**
 * A ServiceAccount of this cluster is what it is there, and nobody is nobody there. Everybody else begins with
 * `rauth:`, so that no user name can be one that the cluster knows: also a ServiceAccount of another cluster, since
 * every cluster has accounts in `kube-system` that may do everything in it.
 */
function whoIs({ account, holder, labels }: Question): Pick<AccessSpec, 'user' | 'groups'> {
  if (holder === undefined) return { user: 'system:anonymous', groups: ['system:unauthenticated'] }
  const { namespace, serviceaccount, ofThisCluster } = holder
  if (namespace !== undefined && serviceaccount !== undefined) {
    if (ofThisCluster !== true) {
      return {
        user: `rauth:serviceaccount:${namespace}:${serviceaccount}`,
        groups: [
          'rauth:authenticated',
          ...['rauth:serviceaccounts', `rauth:serviceaccounts:${namespace}`],
        ],
      }
    }
    return {
      user: formatServiceAccount({ namespace, name: serviceaccount }),
      groups: [
        ...['system:serviceaccounts', `system:serviceaccounts:${namespace}`],
        'system:authenticated',
      ],
    }
  }
  return {
    user: `rauth:${namespace ?? ''}/${account}`,
    groups: [
      'rauth:authenticated',
      ...(namespace === undefined ? [] : [`rauth:namespace:${namespace}`]),
      ...groupsOf(labels ?? {}),
    ],
  }
}

/** One with an equals sign in its name would be another with that in its value. */
function groupsOf(labels: Labels): readonly string[] {
  return Object.entries(labels)
    .filter(([label]) => !label.includes('='))
    .flatMap(([label, values]) => values.map((value) => `rauth:label:${label}=${value}`))
    .slice(0, MAX_GROUPS)
}
