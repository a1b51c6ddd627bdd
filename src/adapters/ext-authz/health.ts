import {
  status,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceDefinition,
} from '@grpc/grpc-js'
import { fromJSON } from '@grpc/proto-loader'

interface HealthRequest {
  readonly service: string
}

interface HealthResponse {
  readonly status: 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN'
}

type Watcher = ServerWritableStream<HealthRequest, HealthResponse>

const MESSAGES = { requestType: 'HealthCheckRequest', responseType: 'HealthCheckResponse' }

/**
 * grpc.health.v1 (grpc/proto, health.proto) as data: kubelets and Envoy ask with Check and Watch. Not
 * from the package grpc-health-check, which reads a file beside itself and so can't be bundled, and
 * which never ends a Watch: one open would hold up every drain.
 */
const HEALTH = fromJSON(
  {
    nested: {
      'grpc.health.v1': {
        nested: {
          Health: {
            methods: {
              Check: { ...MESSAGES, comment: 'The status of now.' },
              Watch: { ...MESSAGES, responseStream: true, comment: 'And of each change.' },
            },
          },
          HealthCheckRequest: { fields: { service: { type: 'string', id: 1 } } },
          HealthCheckResponse: {
            fields: { status: { type: 'ServingStatus', id: 1 } },
            nested: {
              ServingStatus: {
                values: { UNKNOWN: 0, SERVING: 1, NOT_SERVING: 2, SERVICE_UNKNOWN: 3 },
              },
            },
          },
        },
      },
    },
  },
  { keepCase: true, defaults: true, enums: String },
)

export const healthDefinition = HEALTH['grpc.health.v1.Health'] as ServiceDefinition

/** How soon a watcher learns of a change, milliseconds. */
const POLL = 250

export interface Health {
  readonly implementation: {
    readonly Check: (
      call: ServerUnaryCall<HealthRequest, HealthResponse>,
      callback: sendUnaryData<HealthResponse>,
    ) => void
    readonly Watch: (call: Watcher) => void
  }
  /** Says NOT_SERVING from now on, and ends every Watch. */
  close(): void
}

/** Health of these services, which all serve whenever rauth is ready. */
export function createHealth(ready: () => boolean, services: readonly string[]): Health {
  let closed = false
  const current = (): HealthResponse => ({
    status: !closed && ready() ? 'SERVING' : 'NOT_SERVING',
  })
  /** The watchers of a known service, with what each was told last. */
  const watchers = new Map<Watcher, HealthResponse['status']>()
  const strangers = new Set<Watcher>()

  function tell() {
    const now = current()
    for (const [watcher, last] of watchers) {
      if (last === now.status) continue
      watchers.set(watcher, now.status)
      watcher.write(now)
    }
  }
  const poll = setInterval(tell, POLL).unref()

  return {
    implementation: {
      Check({ request }, callback) {
        if (services.includes(request.service)) callback(null, current())
        else callback({ code: status.NOT_FOUND, details: 'unknown service' })
      },
      Watch(call) {
        const known = services.includes(call.request.service)
        const first: HealthResponse = known ? current() : { status: 'SERVICE_UNKNOWN' }
        if (known) watchers.set(call, first.status)
        else strangers.add(call)
        call.on('cancelled', () => {
          watchers.delete(call)
          strangers.delete(call)
        })
        call.write(first)
        if (closed) call.end()
      },
    },
    close() {
      closed = true
      clearInterval(poll)
      tell()
      for (const watcher of [...watchers.keys(), ...strangers]) watcher.end()
    },
  }
}
