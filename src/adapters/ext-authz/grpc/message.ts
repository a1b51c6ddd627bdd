import { CODE, type GrpcStatus } from './status.ts'

/** Before each message: whether it is compressed, and its length (PROTOCOL-HTTP2.md of gRPC). */
const PREFIX = 5

/** Longest message, bytes: Envoy's own limit on all headers of a request is 60 KiB; rauth wants no bodies. */
export const MAX_MESSAGE = 256 * 1024

/** Three hundred bytes would become the longest message that is allowed. */
export const NOT_INFLATED: GrpcStatus = {
  code: CODE.unimplemented,
  message: 'compressed messages are not read here',
}
const TOO_LONG: GrpcStatus = {
  code: CODE.resourceExhausted,
  message: `a message may have ${MAX_MESSAGE} bytes at most`,
}
const NOT_ONE: GrpcStatus = { code: CODE.internal, message: 'not exactly one message' }

/** A message as it is sent. */
export function framed(message: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(PREFIX + message.length)
  frame.writeUInt8(0, 0)
  frame.writeUInt32BE(message.length, 1)
  message.copy(frame, PREFIX)
  return frame
}

/** Puts together the one message of a call. */
export class MessageReader {
  #bytes: Buffer = EMPTY
  /** Of `#bytes`, what came. */
  #filled = 0

  /** What it holds in memory, bytes. */
  get held(): number {
    return this.#bytes.length
  }

  /** The next bytes of a call; a status if they can't be those of one message. They are copied. */
  take(chunk: Buffer): GrpcStatus | undefined {
    // The chunk is a view of all that one read of the socket brought, which it would keep.
    if (this.#filled < PREFIX) {
      this.#bytes = Buffer.concat([this.#bytes.subarray(0, this.#filled), chunk])
      this.#filled = this.#bytes.length
      if (this.#filled < PREFIX) return undefined
      const refusal = refusePrefix(this.#bytes)
      if (refusal !== undefined) return refusal
      const whole = this.#whole()
      if (this.#filled > whole) return NOT_ONE
      if (this.#filled < whole) this.#grow(whole)
      return undefined
    }
    if (this.#filled + chunk.length > this.#whole()) return NOT_ONE
    this.#filled += chunk.copy(this.#bytes, this.#filled)
    return undefined
  }

  /** The message once nothing more comes; a status if it is not all there. */
  end(): Buffer | GrpcStatus {
    const whole = this.#filled < PREFIX ? Infinity : this.#whole()
    return this.#filled === whole ? this.#bytes.subarray(PREFIX, whole) : NOT_ONE
  }

  #whole(): number {
    return PREFIX + this.#bytes.readUInt32BE(1)
  }

  #grow(size: number): void {
    const larger = Buffer.allocUnsafe(size)
    this.#bytes.copy(larger)
    this.#bytes = larger
  }
}

const EMPTY = Buffer.alloc(0)

function refusePrefix(bytes: Buffer): GrpcStatus | undefined {
  if (bytes.readUInt8(0) !== 0) return NOT_INFLATED
  return bytes.readUInt32BE(1) > MAX_MESSAGE ? TOO_LONG : undefined
}
