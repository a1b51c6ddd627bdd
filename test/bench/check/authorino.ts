import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { startChild, untilReady } from '../../../tools/stack/child.ts'
import { freePort, isListening } from '../../../tools/stack/ports.ts'
import type { Api, Json } from '../../support/kubernetes/api.ts'
import { startControlPlane } from '../../support/kubernetes/control-plane.ts'
import { define } from '../../support/kubernetes/definitions.ts'
import { kubeconfig } from '../../support/kubernetes/kubeconfig.ts'
import { until } from '../../support/until.ts'
import type { Authorizer, TokenRules } from './authorizers.ts'

/**
 * Authorino with a rule that decides a pull as rauth does. It takes its rules from a Kubernetes API
 * only, so there is one; nothing of it is asked about a request.
 */
export async function startAuthorino(
  directory: string,
  program: string,
  rules: TokenRules,
): Promise<Authorizer> {
  const cluster = await startControlPlane()
  try {
    await define(cluster.api, [JSON.stringify(DEFINITION)])
    const file = path.join(directory, 'kubeconfig.yaml')
    await writeFile(file, kubeconfig(cluster, cluster.administrator), { mode: 0o600 })
    const port = await freePort()
    const child = await startChild({
      ...{ name: 'authorino', program },
      args: ['server', '--log-level', 'error', ...(await portArguments(port))],
      env: { KUBECONFIG: file },
      logFile: path.join(directory, 'authorino.log'),
    })
    const stop = async () => {
      const ended = await child.stop()
      await cluster.stop()
      return ended
    }
    try {
      await untilReady(child, () => isListening(port))
      await cluster.api.expect('POST', AUTH_CONFIGS, authConfig(rules))
      await until('Authorino takes its AuthConfig', PATIENCE, () => isTaken(cluster.api))
    } catch (error) {
      await child.stop()
      throw error
    }
    return { child: { ...child, stop }, port }
  } catch (error) {
    await cluster.stop()
    throw error
  }
}

/** Milliseconds. */
const PATIENCE = 30_000

async function portArguments(port: number): Promise<readonly string[]> {
  const others = [await freePort(), await freePort(), await freePort()]
  const addresses = [await freePort(), await freePort(), await freePort()]
  return [
    ...['--ext-auth-grpc-port', String(port), '--ext-auth-http-port', String(others[0])],
    ...['--oidc-http-port', String(others[1])],
    ...['--metrics-addr', `127.0.0.1:${addresses[0]}`],
    ...['--health-probe-addr', `127.0.0.1:${addresses[1]}`],
    ...['--pprof-bind-address', `127.0.0.1:${addresses[2]}`],
  ]
}

const GROUP = 'authorino.kuadrant.io'
const NAME = 'registry'
const AUTH_CONFIGS = `/apis/${GROUP}/v1beta3/namespaces/default/authconfigs`

/** As much of the real definition as the API server needs to store such objects. */
const DEFINITION: Json = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `authconfigs.${GROUP}` },
  spec: {
    group: GROUP,
    scope: 'Namespaced',
    names: { kind: 'AuthConfig', plural: 'authconfigs', singular: 'authconfig' },
    versions: [
      {
        ...{ name: 'v1beta3', served: true, storage: true, subresources: { status: {} } },
        schema: {
          openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        },
      },
    ],
  },
}

function authConfig({ jwksUrl, issuer, audience }: TokenRules): Json {
  const below = (keyword: string) => `request.path.startsWith("/v2/" + one.name + "/${keyword}/")`
  const rule = [
    `auth.identity.iss == ${JSON.stringify(issuer)}`,
    `auth.identity.aud == ${JSON.stringify(audience)}`,
    'request.method in ["GET", "HEAD"]',
    'auth.identity.access.exists(one, one.type == "repository" && "pull" in one.actions && ' +
      `(${below('manifests')} || ${below('blobs')}))`,
  ]
  return {
    apiVersion: `${GROUP}/v1beta3`,
    kind: 'AuthConfig',
    metadata: { name: NAME, namespace: 'default' },
    spec: {
      hosts: ['localhost', '127.0.0.1'],
      authentication: { token: { jwt: { jwksUrl } } },
      authorization: {
        pull: { patternMatching: { patterns: [{ predicate: rule.join(' && ') }] } },
      },
    },
  }
}

async function isTaken(api: Api): Promise<boolean> {
  const { body } = await api.send('GET', `${AUTH_CONFIGS}/${NAME}`)
  const { summary } = (body['status'] ?? {}) as { summary?: { ready?: boolean } }
  return summary?.ready === true
}
