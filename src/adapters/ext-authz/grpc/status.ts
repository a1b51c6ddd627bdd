/** Of google.rpc.Code (statuscodes.md of gRPC) what this server says. */
export const CODE = {
  ok: 0,
  notFound: 5,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
} as const

/** How a call ended that was not answered. */
export interface GrpcStatus {
  readonly code: (typeof CODE)[keyof typeof CODE]
  /** Printable ASCII without `%`, so that it needs no encoding. */
  readonly message: string
}
