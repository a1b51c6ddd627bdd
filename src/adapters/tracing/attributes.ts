import type { AttributeValue } from '@opentelemetry/api'
import type { DecisionEvent } from '../../event.ts'

/** What a span says of a decision is in its record: by OpenTelemetry's names where it has one, else by ours. */
const NAMES: Readonly<Record<Written, string | undefined>> = {
  id: 'rauth.decision.id',
  half: 'rauth.half',
  route: 'rauth.route',
  outcome: 'rauth.outcome',
  reason: 'rauth.reason',
  detail: 'rauth.detail',
  cause: 'rauth.cause',
  status: 'http.response.status_code',
  account: 'rauth.account',
  namespaces: 'rauth.namespaces',
  credentials: 'rauth.credentials',
  requested: 'rauth.requested',
  path: 'rauth.path',
  granted: 'rauth.granted',
  rule: 'rauth.rule',
  shadow: 'rauth.shadow',
  mount: 'rauth.mount',
  tokenId: 'rauth.token.id',
  refreshTokenId: 'rauth.refresh_token.id',
  keyId: 'rauth.key.id',
  address: 'client.address',
  method: 'http.request.method',
  requestId: 'rauth.request.id',
  // A span has these by itself.
  duration: undefined,
}

/** Every field but those that are for nobody's eyes: whoever adds one says here what it is called. */
type Written = Exclude<keyof DecisionEvent, 'why' | 'trace'>

export function attributesOf(event: DecisionEvent): Record<string, AttributeValue> {
  const attributes: Record<string, AttributeValue> = {}
  for (const [field, name] of Object.entries(NAMES)) {
    const value = event[field as Written]
    if (name === undefined || value === undefined) continue
    attributes[name] = typeof value === 'object' ? [...value] : value
  }
  // Semantic conventions: what kind of error it is, where the span has failed.
  if (event.outcome === 'failed') attributes['error.type'] = event.reason ?? String(event.status)
  return attributes
}
