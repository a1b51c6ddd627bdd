import { stringify } from 'yaml'
import type { ApiServer, Identity } from './api.ts'

/** The text of a kubeconfig with one context; it holds all it needs, or names the file of its token. */
export function kubeconfig(
  { port, authority }: ApiServer,
  identity: Identity | { readonly tokenFile: string },
): string {
  const user =
    'token' in identity || 'tokenFile' in identity
      ? identity
      : {
          'client-certificate-data': base64(identity.certificate),
          'client-key-data': base64(identity.key),
        }
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'test',
        cluster: {
          server: `https://127.0.0.1:${port}`,
          'certificate-authority-data': base64(authority),
        },
      },
    ],
    users: [{ name: 'test', user }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  })
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
