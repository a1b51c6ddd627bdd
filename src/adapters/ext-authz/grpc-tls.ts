import { ServerCredentials } from '@grpc/grpc-js'
import { contextOptions, serverOptions, type ListenerTls } from '../tls.ts'

/**
 * TLS for gRPC that changes while the port is open. grpc-js has this only in its experimental part, and
 * there without a limit for handshakes and for the version of TLS; like its package for xDS, this
 * builds on the class below both.
 */
class FollowingCredentials extends ServerCredentials {
  constructor(tls: ListenerTls) {
    super(serverOptions(tls))
    this.updateSecureContextOptions(contextOptions(tls.current()))
    tls.follow((material) => {
      this.updateSecureContextOptions(contextOptions(material))
    })
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other
  }
}

/** Without TLS the port speaks to whoever reaches it. */
export function grpcCredentials(tls: ListenerTls | undefined): ServerCredentials {
  return tls === undefined ? ServerCredentials.createInsecure() : new FollowingCredentials(tls)
}
