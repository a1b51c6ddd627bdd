import protobuf from 'protobufjs/minimal.js'
import { GRPC } from '../../../refusal.ts'
import type { Method, Watcher } from './method.ts'
import type { GrpcStatus } from './status.ts'

/** grpc.health.v1.HealthCheckResponse.ServingStatus (grpc/proto, health.proto) */
const STATUS = { serving: 1, notServing: 2, serviceUnknown: 3 } as const
type ServingStatus = (typeof STATUS)[keyof typeof STATUS]

const NOT_READ: GrpcStatus = { code: GRPC.INTERNAL, message: 'no HealthCheckRequest' }
const NOT_FOUND: GrpcStatus = { code: GRPC.NOT_FOUND, message: 'unknown service' }

/** How soon a watcher learns of a change, milliseconds. */
const POLL = 250

export interface Health {
  readonly methods: readonly (readonly [path: string, Method])[]
  /** Says NOT_SERVING from now on, and ends every Watch. */
  close(): void
}

/**
 * grpc.health.v1, by which kubelets and Envoy ask: Check for now, Watch for each change. All of the
 * services serve whenever rauth is `ready`.
 */
export function createHealth(ready: () => boolean, services: readonly string[]): Health {
  let closed = false
  const current = (): ServingStatus => (!closed && ready() ? STATUS.serving : STATUS.notServing)
  /** The watchers of a known service, with what each was told last. */
  const watchers = new Map<Watcher, ServingStatus>()
  const strangers = new Set<Watcher>()

  function tell() {
    const status = current()
    for (const [watcher, last] of watchers) {
      if (last === status) continue
      watchers.set(watcher, status)
      watcher.send(encodeResponse(status))
    }
  }
  const poll = setInterval(tell, POLL).unref()

  function check(message: Buffer): Buffer | GrpcStatus {
    const service = decodeRequest(message)
    if (service === undefined) return NOT_READ
    return services.includes(service) ? encodeResponse(current()) : NOT_FOUND
  }

  function watch(message: Buffer, watcher: Watcher): (() => void) | GrpcStatus {
    const service = decodeRequest(message)
    if (service === undefined) return NOT_READ
    const known = services.includes(service)
    const first = known ? current() : STATUS.serviceUnknown
    if (known) watchers.set(watcher, first)
    else strangers.add(watcher)
    watcher.send(encodeResponse(first))
    if (closed) watcher.end()
    return () => {
      watchers.delete(watcher)
      strangers.delete(watcher)
    }
  }

  return {
    methods: [
      [
        '/grpc.health.v1.Health/Check',
        { kind: 'unary', answer: (message) => Promise.resolve(check(message)) },
      ],
      ['/grpc.health.v1.Health/Watch', { kind: 'watch', begin: watch }],
    ],
    close() {
      closed = true
      clearInterval(poll)
      tell()
      for (const watcher of [...watchers.keys(), ...strangers]) watcher.end()
    },
  }
}

/** Field 1 as text and as an enum: its number and wire type in one byte. */
const SERVICE = 0x0a
const SERVING_STATUS = 0x08

/** `service` of a HealthCheckRequest; `undefined`: the bytes are none. */
function decodeRequest(message: Buffer): string | undefined {
  try {
    const reader = protobuf.Reader.create(message)
    let service = ''
    while (reader.pos < reader.len) {
      const tag = reader.uint32()
      if (tag === SERVICE) service = reader.string()
      else reader.skipType(tag & 7)
    }
    return service
  } catch {
    return undefined
  }
}

function encodeResponse(status: ServingStatus): Buffer {
  return Buffer.from([SERVING_STATUS, status])
}
