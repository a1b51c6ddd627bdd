import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import type { Document } from 'yaml'
import { freePort } from '../../tools/stack/ports.ts'
import { ask } from './http.ts'
import { until } from './until.ts'

/** What an Envoy of a test knows, asked at its admin listener, which the shipped configuration has none of. */
export interface EnvoyAdmin {
  /** Gives the listener to a configuration. */
  open(document: Document): void
  /** Waits until this many endpoints of each cluster count as healthy, milliseconds at most. */
  untilHealthy(clusters: readonly string[], endpoints: number, limit?: number): Promise<void>
  /** Waits until it shows this certificate, PEM, to its servers. */
  untilShows(certificate: string, limit?: number): Promise<void>
}

/** Health checks are 2 s apart, and a file is looked at when its folder changes. */
const LIMIT = 20_000

export async function envoyAdmin(): Promise<EnvoyAdmin> {
  const port = await freePort()
  async function read(path: string): Promise<unknown> {
    const { status, body } = await ask(port, path)
    assert.equal(status, 200, `${path}: ${body}`)
    return JSON.parse(body)
  }
  async function healthy(cluster: string): Promise<number> {
    const { cluster_statuses } = (await read('/clusters?format=json')) as Clusters
    const found = cluster_statuses.find(({ name }) => name === cluster)
    const hosts = found?.host_statuses ?? assert.fail(`Envoy has no endpoint of ${cluster}`)
    return hosts.filter(({ health_status }) => isHealthy(health_status)).length
  }
  return {
    open(document) {
      const address = { socket_address: { address: '127.0.0.1', port_value: port } }
      document.set('admin', document.createNode({ address }))
    },
    async untilHealthy(clusters, endpoints, limit = LIMIT) {
      for (const cluster of clusters) {
        await until(`${String(endpoints)} of ${cluster} are healthy`, limit, async () => {
          return (await healthy(cluster)) === endpoints
        })
      }
    },
    async untilShows(certificate, limit = LIMIT) {
      const wanted = new X509Certificate(certificate).serialNumber.toLowerCase()
      await until('Envoy shows its next certificate', limit, async () => {
        const { certificates } = (await read('/certs')) as Certificates
        return certificates
          .flatMap(({ cert_chain = [] }) => cert_chain)
          .some(({ serial_number }) => sameNumber(serial_number, wanted))
      })
    },
  }
}

/** Of a host that no check has found wrong there is nothing but what its discovery says. */
function isHealthy({ eds_health_status, ...wrong }: HealthStatus): boolean {
  return eds_health_status === 'HEALTHY' && !Object.values(wrong).includes(true)
}

/** Hexadecimal numbers, with or without zeros before. */
function sameNumber(one: string, other: string): boolean {
  return BigInt(`0x${one}`) === BigInt(`0x${other}`)
}

interface Clusters {
  readonly cluster_statuses: readonly {
    readonly name: string
    readonly host_statuses?: readonly { readonly health_status: HealthStatus }[]
  }[]
}

/** envoy.admin.v3.HostHealthStatus: one true flag for each thing that is wrong. */
interface HealthStatus {
  readonly eds_health_status?: string
  readonly [flag: string]: unknown
}

interface Certificates {
  readonly certificates: readonly {
    readonly cert_chain?: readonly { readonly serial_number: string }[]
  }[]
}
