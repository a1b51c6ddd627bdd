import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { installParts } from '../../../tools/parts/install.ts'
import { startChild, untilReady, type Child } from '../../../tools/stack/child.ts'
import { createPortPicker, freePort } from '../../../tools/stack/ports.ts'
import { httpGet } from '../../../tools/stack/http-get.ts'
import { SELDOM_COLLECTING } from '../go.ts'
import { tlsAuthority } from '../tls-certificates.ts'
import { createApi, type Api, type ApiServer, type Identity } from './api.ts'

/**
 * A real kube-apiserver over a real etcd, with RBAC on: what a cluster is to those who only read and
 * write objects. Nothing acts on these: there is no controller, no scheduler and no node.
 */
export interface ControlPlane extends ApiServer {
  readonly administrator: Identity
  /** The administrator's. */
  readonly api: Api
  /** What tokens of ServiceAccounts are signed with, PEM. */
  readonly serviceAccountKey: string
  /** Those that run, or ran last. */
  readonly etcd: Child
  readonly apiServer: Child
  /** Somebody who is known by a client certificate, with a group: a node is `system:node:NAME` in `system:nodes`. */
  client(name: string, group: string): Promise<Identity>
  /** Where etcd is asked, over HTTP. */
  readonly etcdUrl: string
  /** All that etcd knows is in here. */
  readonly etcdDirectory: string
  /** Starts one again that was ended, with all that it knew, and waits until it is ready. */
  start(name: 'etcd' | 'kube-apiserver'): Promise<void>
  /** Ends both and removes all that they wrote. */
  stop(): Promise<void>
}

/** The group that may do everything before there is a single rule. */
const ADMINISTRATORS = 'system:masters'

/** Milliseconds. It takes six seconds on a quiet machine. */
const START_LIMIT = 90_000

export interface ControlPlaneOptions {
  /** Kubelets have the rights that they have in a cluster, and no more. */
  readonly nodes?: boolean
  /** Pods are given the ServiceAccount `default` and what it has; somebody must make one in each namespace. */
  readonly accounts?: boolean
}

/** Takes some seconds: once for all tests of a file. */
export async function startControlPlane({
  nodes = false,
  accounts = false,
}: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const programs = await installParts(['etcd', 'kube-apiserver'])
  const directory = await mkdtemp(path.join(os.tmpdir(), 'rauth-kubernetes-'))
  const running = new Map<string, Child>()
  async function stop(): Promise<void> {
    // A kube-apiserver without etcd would only complain.
    for (const name of ['kube-apiserver', 'etcd']) await running.get(name)?.stop()
    await rm(directory, { recursive: true, force: true })
  }
  const child = (name: string) => running.get(name) ?? assert.fail(`${name} was not started`)
  async function run(
    name: keyof typeof programs,
    args: readonly string[],
    ready: () => Promise<boolean>,
  ): Promise<void> {
    const logFile = path.join(directory, `${name}.log`)
    const program = programs[name]
    running.set(name, await startChild({ name, program, args, env: SELDOM_COLLECTING, logFile }))
    await untilReady(child(name), ready, { limit: START_LIMIT })
  }
  try {
    const etcdDirectory = path.join(directory, 'etcd')
    const etcd = await etcdOf(etcdDirectory)
    const authority = await tlsAuthority('cluster')
    const client = (name: string, organization: string) =>
      authority.issue(name, { usage: 'client', organization })
    const administrator = await client('administrator', ADMINISTRATORS)
    const served = await authority.issue('kube-apiserver')
    const port = await freePort()
    const file = async (name: string, content: string) => {
      const place = path.join(directory, name)
      await writeFile(place, content, { mode: 0o600 })
      return place
    }
    const serviceAccountKey = privateKey()
    const signing = await file('service-accounts.key', serviceAccountKey)
    const apiServerArgs = Object.entries({
      'etcd-servers': etcd.url,
      'bind-address': '127.0.0.1',
      'secure-port': String(port),
      'tls-cert-file': await file('served.crt', served.certificate),
      'tls-private-key-file': await file('served.key', served.key),
      'client-ca-file': await file('authority.crt', authority.certificate),
      'authorization-mode': nodes ? 'Node,RBAC' : 'RBAC',
      ...(nodes ? { 'enable-admission-plugins': 'NodeRestriction' } : {}),
      'service-account-issuer': 'https://kubernetes.default.svc',
      'service-account-key-file': signing,
      'service-account-signing-key-file': signing,
      'service-cluster-ip-range': '10.0.0.0/24',
      // A pod would wait for its namespace's account `default`, which a controller makes.
      ...(accounts ? {} : { 'disable-admission-plugins': 'ServiceAccount' }),
      // Its address is no endpoint for anybody. Unset, it would look for one that a route goes out by.
      'advertise-address': '127.0.0.1',
      'endpoint-reconciler-type': 'none',
    }).map(([name, value]) => `--${name}=${value}`)
    const api = createApi({ port, authority: authority.certificate }, administrator)
    const answers = (asking: Promise<{ readonly status: number }>) =>
      asking.then(
        ({ status }) => status === 200,
        () => false,
      )
    const start = (name: keyof typeof programs) =>
      name === 'etcd'
        ? run(name, etcd.args, () => answers(httpGet(`${etcd.url}/health`)))
        : run(name, apiServerArgs, () => answers(api.send('GET', '/readyz')))
    await start('etcd')
    await start('kube-apiserver')
    return {
      ...{ port, authority: authority.certificate, administrator, api, start, client },
      ...{ etcdUrl: etcd.url, etcdDirectory, serviceAccountKey },
      get etcd() {
        return child('etcd')
      },
      get apiServer() {
        return child('kube-apiserver')
      },
      async stop() {
        api.close()
        await stop()
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function etcdOf(directory: string): Promise<{ url: string; args: readonly string[] }> {
  const pick = createPortPicker([])
  const url = `http://127.0.0.1:${await pick(await freePort())}`
  const peer = `http://127.0.0.1:${await pick(await freePort())}`
  const args = [
    ...['--data-dir', directory],
    ...['--listen-client-urls', url, '--advertise-client-urls', url],
    ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
    ...['--initial-cluster', `default=${peer}`],
    // Nothing in here outlives the test.
    '--unsafe-no-fsync',
  ]
  return { url, args }
}

function privateKey(): string {
  const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  // The one form that it reads both halves from.
  return key.export({ type: 'sec1', format: 'pem' }).toString()
}
