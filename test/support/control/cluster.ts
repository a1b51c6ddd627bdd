import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { createApi, type Api, type ApiAnswer, type Identity, type Json } from '../kubernetes/api.ts'
import { startControlPlane, type ControlPlane } from '../kubernetes/control-plane.ts'
import { kubeconfig } from '../kubernetes/kubeconfig.ts'
import { rightsOf, untilStatus } from '../kubernetes/rights.ts'
import { run, type RunResult } from '../run.ts'

/** The bundled program, from dist/test/support/control. */
export const PROGRAM = path.resolve(import.meta.dirname, '../../../rauth.js')

const CHOSEN = '/api/v1/secrets?fieldSelector=metadata.name%3Dregistry-credentials'

/** A Secret as it is in the cluster, its values in the clear. */
export interface FoundSecret {
  readonly version: string
  readonly type: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly values: Readonly<Record<string, string>>
}

/** A cluster, and what of it is the controller's: an identity with the rights of rbac-controller.yaml alone. */
export interface ControlCluster {
  readonly plane: ControlPlane
  /** The administrator's. */
  readonly api: Api
  /** The controller's. */
  readonly own: Api
  /** Files with a kubeconfig of each. */
  readonly files: { readonly controller: string; readonly administrator: string }
  readonly home: string
  /** Makes a namespace, chosen by the usual label unless told otherwise. */
  namespace(name: string, labels?: Readonly<Record<string, string>>): Promise<void>
  secret(namespace: string, name?: string): Promise<FoundSecret | undefined>
  pull(namespace: string): Promise<FoundSecret | undefined>
  /** The login in the pull Secret. */
  pullLogin(namespace: string): Promise<{ username: string; password: string } | undefined>
  createSecret(namespace: string, name: string, more: Json): Promise<Json>
  patch(namespace: string, name: string, body: Json): Promise<void>
  remove(namespace: string, name: string): Promise<ApiAnswer>
  /** A command of rauth's, as the controller or as somebody else. */
  rauth(
    args: readonly string[],
    environment?: Readonly<Record<string, string>>,
    as?: 'controller' | 'administrator',
  ): Promise<RunResult>
  /** What a rauth needs to know of the cluster. */
  environment(as?: 'controller' | 'administrator'): Readonly<Record<string, string>>
  stop(): Promise<void>
}

export const CREDENTIALS = 'registry-credentials'
export const PULL = 'registry-pull-secret'
export const MANAGED = { 'rauth.dev/managed': 'true' }

export async function startControlCluster(): Promise<ControlCluster> {
  const plane = await startControlPlane()
  const { api } = plane
  const home = await mkdtemp(path.join(os.tmpdir(), 'rauth-control-'))
  await api.expect('POST', '/api/v1/namespaces', { metadata: { name: 'rauth' } })
  const identity = await rightsOf(api, 'rbac-controller.yaml', 'rauth-controller')
  const own = createApi(plane, identity)
  await untilStatus(own, CHOSEN, 200)
  const files = {
    controller: path.join(home, 'controller'),
    administrator: path.join(home, 'administrator'),
  }
  const write = (file: string, who: Identity) =>
    writeFile(file, kubeconfig(plane, who), { mode: 0o600 })
  await write(files.controller, identity)
  await write(files.administrator, plane.administrator)
  await writeFile(path.join(home, 'rauth.yaml'), 'realm: https://registry.example/token\n')

  const at = (namespace: string, name = '') => `/api/v1/namespaces/${namespace}/secrets/${name}`
  async function secret(namespace: string, name = CREDENTIALS): Promise<FoundSecret | undefined> {
    const { status, body } = await api.send('GET', at(namespace, name))
    if (status === 404) return undefined
    const { metadata, data = {}, type } = body as unknown as RawSecret
    const { resourceVersion: version, labels = {}, annotations = {} } = metadata
    const values = Object.entries(data).map(([key, value]) => [
      key,
      Buffer.from(value, 'base64').toString(),
    ])
    return {
      ...{ version, type, labels, annotations },
      values: Object.fromEntries(values) as Record<string, string>,
    }
  }
  const environment = (as: keyof typeof files = 'controller') => ({
    ...{ HOME: home, RAUTH_CREDENTIALS_KUBERNETES_KUBECONFIG: files[as] },
    RAUTH_SERVICE: 'registry.example',
    RAUTH_CONTROLLER_PUBLISH_AHEAD: '0s',
  })
  return {
    ...{ plane, api, own, files, home, secret, environment },
    async namespace(name, labels = MANAGED) {
      await api.expect('POST', '/api/v1/namespaces', { metadata: { name, labels } })
    },
    pull: (namespace) => secret(namespace, PULL),
    async pullLogin(namespace) {
      const text = (await secret(namespace, PULL))?.values['.dockerconfigjson']
      if (text === undefined) return undefined
      const { auths } = JSON.parse(text) as {
        auths?: Record<string, { username: string; password: string }>
      }
      const found = auths?.['registry.example']
      return found && { username: found.username, password: found.password }
    },
    createSecret: (namespace, name, more) =>
      api.expect('POST', `/api/v1/namespaces/${namespace}/secrets`, {
        metadata: { name },
        ...more,
      }),
    async patch(namespace, name, body) {
      await api.expect('PATCH', at(namespace, name), body)
    },
    remove: (namespace, name) => api.send('DELETE', at(namespace, name)),
    rauth: (args, more = {}, as = 'controller') =>
      run(process.execPath, [PROGRAM, ...args], {
        cwd: home,
        env: { ...environment(as), ...more },
      }),
    async stop() {
      own.close()
      await plane.stop()
      await rm(home, { recursive: true, force: true })
    },
  }
}

interface RawSecret {
  readonly metadata: {
    readonly resourceVersion: string
    readonly labels?: Record<string, string>
    readonly annotations?: Record<string, string>
  }
  readonly data?: Readonly<Record<string, string>>
  readonly type: string
}
