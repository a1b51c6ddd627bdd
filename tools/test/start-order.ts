import path from 'node:path'

/**
 * Files that take longest, by their names below `test/`, the longest of a phase first. They start before the others:
 * one that started last would run alone at the end. What belongs here is what `npm test` prints last.
 */
export const LONG = [
  'e2e/pages/pages.test.ts',
  'e2e/gateway-differential.test.ts',
  'e2e/start.test.ts',
  'e2e/image.test.ts',
  'e2e/token-differential.test.ts',
  'e2e/restarts.test.ts',
  'e2e/rotation.test.ts',
  'e2e/prometheus/dashboard.test.ts',
  'e2e/clients/daemonless.test.ts',
  'e2e/kubernetes/controller/under-load.test.ts',
  'e2e/chart/install.test.ts',
  'e2e/proxies.test.ts',
  'e2e/kubernetes/faults-server.test.ts',
  'e2e/kubernetes/election.test.ts',
  'e2e/kubernetes/controller/rotate.test.ts',
  'e2e/tls.test.ts',
  'e2e/kubernetes/key-secrets.test.ts',
  'e2e/chart/run.test.ts',
  'e2e/attack-transports.test.ts',
  'integration/cli.test.ts',
  'integration/credentials/timing.test.ts',
  'integration/ext-authz/stress.test.ts',
  'integration/credential-provider.test.ts',
  'integration/serve.test.ts',
  'integration/soak.test.ts',
  'integration/credential-commands.test.ts',
  'integration/can-i.test.ts',
  'integration/token-http/server.test.ts',
] as const

/** The same files, those that take long first. */
export function longFirst(files: readonly string[]): readonly string[] {
  const long = LONG.map((name) => path.join('test', name)).filter((file) => files.includes(file))
  return [...long, ...files.filter((file) => !long.includes(file))]
}
