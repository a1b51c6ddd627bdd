import path from 'node:path'
import { z } from 'zod'
import type { Identity } from './identity-schema.ts'
import { duration, file, labelSelector, namespaces } from './values.ts'

/** Where credentials come from. */
export const credentials = z
  .strictObject({
    source: z
      .enum(['directory', 'kubernetes'])
      .optional()
      .describe(
        '`directory` or `kubernetes`. Not set: the one of which something is set below; if nothing is, the Kubernetes API in a pod (which has KUBERNETES_SERVICE_HOST), and the directory elsewhere.',
      ),
    directory: file
      .optional()
      .describe(
        'Secret manifests, as `kubectl get secret -o yaml` prints them; `secrets` if not set.',
      ),
    kubernetes: z
      .strictObject({
        kubeconfig: file
          .optional()
          .describe(
            "Not set: `$KUBECONFIG`, the pod's own ServiceAccount, `~/.kube/config`, the first that is there.",
          ),
        context: z
          .string()
          .min(1, 'must be the name of a context')
          .optional()
          .describe('Of that kubeconfig; its current context if not set.'),
        namespaces: namespaces
          .default([])
          .describe(
            'Secrets of these namespaces alone, each by a request of its own: for Roles in each.',
          ),
        labelSelector: labelSelector
          .optional()
          .describe('Secrets with such labels alone. RBAC does not look at labels.'),
        maxStale: duration(300, 604_800)
          .optional()
          .describe(
            'How long credentials count without a word from the API server; as long as it takes if not set. After that nobody is let in.',
          ),
      })
      .prefault({})
      .describe('Where the API server is, and which Secrets are read.'),
  })
  .superRefine((given, context) => {
    if (given.source !== undefined || given.directory === undefined) return
    if (!namesKubernetes(given)) return
    const message =
      'cannot stand beside "credentials.kubernetes": set credentials.source to the one that counts'
    context.addIssue({ code: 'custom', path: ['directory'], message })
  })
  .prefault({})

type Credentials = z.output<typeof credentials>

/** Which of the sources it is, with all that it needs. */
export type CredentialSource =
  | {
      readonly source: 'directory'
      readonly directory: string
      /** Which cluster it is, for whatever else is asked of one. */
      readonly cluster: ClusterSettings
    }
  | ({ readonly source: 'kubernetes' } & Credentials['kubernetes'])

/** Which cluster, and as whom; what is not set is found as kubectl does. */
export interface ClusterSettings {
  readonly kubeconfig?: string | undefined
  readonly context?: string | undefined
}

/** What decides, where nothing is set. */
export interface Surroundings {
  readonly inPod: boolean
  /** Where relative paths begin. */
  readonly folder: string
}

/** Where credentials come from, decided. */
export function credentialSource(
  given: Credentials,
  { inPod, folder }: Surroundings,
): CredentialSource {
  const { directory = 'secrets', kubernetes } = given
  const { kubeconfig, context } = kubernetes
  const cluster: ClusterSettings = {
    ...(kubeconfig === undefined ? {} : { kubeconfig: path.resolve(folder, kubeconfig) }),
    ...(context === undefined ? {} : { context }),
  }
  return sourceOf(given, inPod) === 'directory'
    ? { source: 'directory', directory: path.resolve(folder, directory), cluster }
    : { source: 'kubernetes', ...kubernetes, ...cluster }
}

/** Whether anything is asked of a cluster. */
export function asksCluster({
  credentials,
  identity,
  policy,
}: {
  readonly credentials: CredentialSource
  readonly identity: Identity
  readonly policy: { readonly kubernetes: { readonly enabled: boolean } }
}): boolean {
  if (policy.kubernetes.enabled) return true
  return identity.some(
    ({ secrets, serviceAccounts }) =>
      (secrets !== undefined && credentials.source === 'kubernetes') ||
      (serviceAccounts !== undefined && serviceAccounts.jwks === undefined),
  )
}

/** Which cluster is asked, whatever credentials come from. */
export function clusterOf(credentials: CredentialSource): ClusterSettings {
  return credentials.source === 'kubernetes' ? credentials : credentials.cluster
}

function sourceOf(given: Credentials, inPod: boolean): CredentialSource['source'] {
  if (given.source !== undefined) return given.source
  if (given.directory !== undefined) return 'directory'
  return inPod || namesKubernetes(given) ? 'kubernetes' : 'directory'
}

/** Whether anything is set there. */
function namesKubernetes({ kubernetes: { namespaces: only, ...others } }: Credentials): boolean {
  return only.length > 0 || Object.values(others).some((value) => value !== undefined)
}
