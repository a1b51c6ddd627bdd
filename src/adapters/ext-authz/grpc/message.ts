import { GRPC } from '../../../refusal.ts'
import type { GrpcStatus } from './status.ts'

/** Before each message: whether it is compressed, and its length (PROTOCOL-HTTP2.md of gRPC). */
const PREFIX = 5

/** Longest message, bytes: Envoy's own limit on all headers of a request is 60 KiB; rauth wants no bodies. */
export const MAX_MESSAGE = 256 * 1024

/** Three hundred bytes would become the longest message that is allowed. */
export const NOT_INFLATED: GrpcStatus = {
  code: GRPC.UNIMPLEMENTED,
  message: 'compressed messages are not read here',
}
const TOO_LONG: GrpcStatus = {
  code: GRPC.RESOURCE_EXHAUSTED,
  message: `a message may have ${MAX_MESSAGE} bytes at most`,
}
const NOT_ONE: GrpcStatus = { code: GRPC.INTERNAL, message: 'not exactly one message' }

/** A message as it is sent. */
export function framed(message: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(PREFIX + message.length)
  frame.writeUInt8(0, 0)
  frame.writeUInt32BE(message.length, 1)
  message.copy(frame, PREFIX)
  return frame
}

/** Puts together the one message of a call. */
export interface MessageReader {
  /** What it holds in memory, bytes: at most twice what came. */
  readonly held: number
  /** The next bytes of a call; a status if they can't be those of one message. They are copied. */
  take(chunk: Buffer): GrpcStatus | undefined
  /** The message once nothing more comes; a status if it is not all there. */
  end(): Buffer | GrpcStatus
}

export function createMessageReader(): MessageReader {
  let bytes = EMPTY
  /** Of `bytes`, what came. */
  let filled = 0
  /** What there will be; unknown until the prefix is there. */
  let whole = Infinity
  let refusal: GrpcStatus | undefined

  function grow(size: number): void {
    if (size <= bytes.length) return
    // Not to what is announced: that costs who announces it nothing.
    const larger = Buffer.allocUnsafeSlow(Math.max(size, Math.min(whole, 2 * bytes.length)))
    bytes.copy(larger, 0, 0, filled)
    bytes = larger
  }

  return {
    get held() {
      return bytes.length
    },
    take(chunk) {
      if (refusal !== undefined) return refusal
      const size = filled + chunk.length
      if (size > whole) return NOT_ONE
      // The chunk is a view of all that one read of the socket brought, which it would keep.
      grow(size)
      chunk.copy(bytes, filled)
      filled = size
      if (whole !== Infinity || filled < PREFIX) return undefined
      refusal = refusePrefix(bytes)
      if (refusal !== undefined) {
        bytes = EMPTY
        return refusal
      }
      whole = PREFIX + bytes.readUInt32BE(1)
      return filled > whole ? NOT_ONE : undefined
    },
    end: () => (filled === whole ? bytes.subarray(PREFIX, whole) : NOT_ONE),
  }
}

const EMPTY = Buffer.alloc(0)

function refusePrefix(bytes: Buffer): GrpcStatus | undefined {
  if (bytes.readUInt8(0) !== 0) return NOT_INFLATED
  return bytes.readUInt32BE(1) > MAX_MESSAGE ? TOO_LONG : undefined
}
