/**
 * Who asked, for the registry behind the gateway; no client can set these itself. A user name is free text:
 * percent-encoding keeps it one printable header value. An anonymous token has neither name nor namespace; `-`
 * stands for both and is no namespace. Left out, or empty, a proxy could leave there what the client sent.
 */
export function identityHeaders(account: string, namespaces: readonly string[]) {
  return {
    'x-rauth-account': encodeURIComponent(account) || '-',
    'x-rauth-namespace': namespaces.join(',') || '-',
  }
}
