import path from 'node:path'
import { loadSync, type MethodDefinition, type ServiceDefinition } from '@grpc/proto-loader'

/** Upstream's definition of the messages that Envoy and rauth exchange, from the files in proto. */
const PROTOS = path.resolve(import.meta.dirname, '../../../proto')

/** Of a CheckRequest what tests say, in the names of its proto. */
export interface WireRequest {
  readonly attributes?: {
    readonly source?: {
      readonly address?: { readonly socket_address?: { readonly address?: string } }
    }
    readonly request?: { readonly http?: WireHttp }
  }
}

export interface WireHttp {
  readonly method?: string
  readonly path?: string
  readonly query?: string
  readonly fragment?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly header_map?: { readonly headers?: readonly WireLine[] }
}

export interface WireLine {
  readonly key?: string
  readonly value?: string
  readonly raw_value?: Uint8Array
}

/** A CheckResponse as upstream's definition reads it, enums by number. */
export interface WireResponse {
  readonly status?: { readonly code?: number; readonly message?: string }
  readonly ok_response?: {
    readonly headers?: readonly WireOption[]
    readonly headers_to_remove?: readonly string[]
    readonly query_parameters_to_remove?: readonly string[]
  }
  readonly denied_response?: {
    readonly status?: { readonly code?: number }
    readonly headers?: readonly WireOption[]
    readonly body?: string
  }
}

export interface WireOption {
  readonly header: { readonly key: string; readonly value: string }
  readonly append_action?: number
}

const definition = loadSync('envoy/service/auth/v3/external_auth.proto', {
  ...{ includeDirs: [PROTOS], keepCase: true },
})
const authorization = definition['envoy.service.auth.v3.Authorization'] as ServiceDefinition

/** The method as upstream defines it: its path, and the messages to and from bytes. */
export const CHECK = authorization['Check'] as MethodDefinition<object, WireResponse>
