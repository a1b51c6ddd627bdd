import { readFileSync } from 'node:fs'
import path from 'node:path'
import { NAMESPACE_NAME } from '../../namespace-name.ts'
import type { AccessOptions } from './cluster-access.ts'

/** Where the kubelet mounts the namespace of the pod. */
const FILE = '/var/run/secrets/kubernetes.io/serviceaccount/namespace'

/** The namespace of the pod that this is; undefined outside of one. */
export function ownNamespace({
  environment,
  root = '',
}: Pick<AccessOptions, 'environment' | 'root'>): string | undefined {
  if (environment['KUBERNETES_SERVICE_HOST'] === undefined) return undefined
  try {
    const name = readFileSync(path.join(root, FILE), 'utf8').trim()
    return NAMESPACE_NAME.test(name) ? name : undefined
  } catch {
    return undefined
  }
}
