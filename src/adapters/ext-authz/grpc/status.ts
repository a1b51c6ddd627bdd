import type { GRPC } from '../../../refusal.ts'

/** How a call ended that was not answered. */
export interface GrpcStatus {
  readonly code: (typeof GRPC)[keyof typeof GRPC]
  /** Printable ASCII without `%`, so that it needs no encoding. */
  readonly message: string
}
