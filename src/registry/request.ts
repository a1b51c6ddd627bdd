/**
 * A request to the registry as the gateway sees it, whatever proxy asked. Header values are as they
 * arrived; a repeated header is one value joined by commas.
 */
export interface RegistryRequest {
  readonly method: string
  /** Path and query exactly as the proxy will send them on: undecoded. */
  readonly target: string
  readonly authorization?: string
  readonly contentType?: string
  readonly contentLength?: string
  /** Client address, for the record. */
  readonly address?: string
}
