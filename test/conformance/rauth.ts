import { startStack } from '../support/stack.ts'
import type { Target } from './token-server.ts'

/** rauth with everything on that the suite asks about, behind Envoy and before a registry. */
export async function startRauth(): Promise<{ readonly target: Target; stop(): Promise<void> }> {
  const stack = await startStack({
    ...{ registry: '3', registryAuth: true, envoy: true, quiet: true },
    environment: { RAUTH_TOKEN_REFRESH_ENABLED: 'true', RAUTH_POLICY_PUBLIC: 'team-b/public' },
  })
  const target = {
    ...{ tokenUrl: stack.realm, service: stack.service, ...stack.login('team-a') },
    ...{ own: 'team-a/app', foreign: 'team-b/app', public: 'team-b/public' },
    registry: `http://${stack.registry}`,
  }
  return { target, stop: () => stack.stop() }
}
