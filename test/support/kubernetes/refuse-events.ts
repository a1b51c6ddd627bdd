import { until } from '../until.ts'
import type { Api } from './api.ts'

const WEBHOOKS = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations'

/**
 * No Event of a namespace is taken, as where a webhook that is asked about each is away: 500. What it gives
 * ends that.
 */
export async function refuseEvents(api: Api, namespace: string): Promise<() => Promise<void>> {
  await api.expect('POST', WEBHOOKS, {
    metadata: { name: 'no-events' },
    webhooks: [
      {
        ...{ name: 'no-events.example.com', failurePolicy: 'Fail', sideEffects: 'None' },
        admissionReviewVersions: ['v1'],
        clientConfig: { url: 'https://127.0.0.1:1/' },
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
        rules: [
          { apiGroups: [''], apiVersions: ['v1'], resources: ['events'], operations: ['CREATE'] },
        ],
      },
    ],
  })
  const path = `/api/v1/namespaces/${namespace}/events`
  const body = { metadata: { name: 'x' }, involvedObject: { namespace }, reason: 'Tried' }
  await until('a refusal', 20_000, async () => {
    const { status } = await api.send('POST', path, body)
    if (status < 300) await api.send('DELETE', path)
    return status === 500
  })
  return async () => {
    await api.expect('DELETE', `${WEBHOOKS}/no-events`)
  }
}
