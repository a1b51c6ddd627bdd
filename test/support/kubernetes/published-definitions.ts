import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { goModule } from '../../../tools/parts/go-module.ts'
import { DEPLOY_DEFINITIONS, meshDefinitions } from '../meshes.ts'

/** Definitions of the kinds that a chart has besides Kubernetes' own, as their projects publish them. */
export async function chartDefinitions(): Promise<readonly string[]> {
  const certManager = await goModule('github.com/cert-manager/cert-manager', '1.21.2')
  const operator = await goModule('github.com/prometheus-operator/prometheus-operator', '0.85.0')
  const monitoring = path.join(operator, 'example/prometheus-operator-crd')
  const files = [
    path.join(certManager, 'deploy/crds/cert-manager.io_certificates.yaml'),
    path.join(monitoring, 'monitoring.coreos.com_servicemonitors.yaml'),
    path.join(monitoring, 'monitoring.coreos.com_prometheusrules.yaml'),
  ]
  return [
    ...(await Promise.all(files.map((file) => readFile(file, 'utf8')))),
    ...(await meshDefinitions(DEPLOY_DEFINITIONS)),
  ]
}
