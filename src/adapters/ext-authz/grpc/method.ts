import type { IncomingHttpHeaders } from 'node:http2'
import type { GrpcStatus } from './status.ts'

/** What a method of a service does; its messages are bytes, which are for whoever serves it. */
export type Method = UnaryMethod | WatchMethod

/**
 * One message, one answer. `head` is that of the request, as the client sent it. What it can't answer is a
 * status, too: one that fails is answered UNAVAILABLE.
 */
export interface UnaryMethod {
  readonly kind: 'unary'
  readonly answer: (message: Buffer, head: IncomingHttpHeaders) => Promise<Buffer | GrpcStatus>
}

/** One message, and then as many answers as there are to give. */
export interface WatchMethod {
  readonly kind: 'watch'
  /**
   * Called when the message is there; what it gives back is called once nobody listens any more, or
   * says why there is nothing to watch.
   */
  readonly begin: (message: Buffer, watcher: Watcher) => (() => void) | GrpcStatus
}

export interface Watcher {
  send(message: Buffer): void
  /** Ends it with OK. */
  end(): void
}

/** By path, such as `/grpc.health.v1.Health/Check`. */
export type Methods = ReadonlyMap<string, Method>
