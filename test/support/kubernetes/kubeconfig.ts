import { stringify } from 'yaml'
import type { ApiServer, Identity } from './api.ts'

/** The text of a kubeconfig that holds all it needs, with one context. */
export function kubeconfig({ port, authority }: ApiServer, identity: Identity): string {
  const user =
    'token' in identity
      ? { token: identity.token }
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
