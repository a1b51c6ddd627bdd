import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { ask, isRefusalOfRauth } from '../../adapters/probe/ask.ts'
import { laneProviders, type LaneProvider } from '../../adapters/probe/envoy-config.ts'
import type { Config } from '../../config/schema.ts'
import { lanePaths } from '../../token/fast-lane.ts'
import { createIssuer } from '../../token/issuer.ts'
import type { EnvoyConfig } from './envoy-config-source.ts'
import { failed, ok, skipped, type Check } from './finding.ts'
import { signingKeysHere } from './signing-keys.ts'

/** How long the token lives that is shown to Envoy, seconds. */
const EXPIRY = 10

/** Envoy fetches keys every five seconds, and may have started this moment; milliseconds. */
const PATIENCE = 6_000
const PAUSE = 1_000

const HALF = 'for the whole lane see docs/fast-lane.md'

/** Whether Envoy lets reads by digest pass by itself where the configuration says so, and nowhere else. */
export function fastLaneCheck(
  config: Config,
  envoy: string | undefined,
  envoyConfig: EnvoyConfig | undefined,
): Check {
  return {
    name: 'fast lane',
    async look() {
      const { enabled } = config.gateway.fastLane
      const providers =
        envoyConfig === undefined ? undefined : laneProviders(await envoyConfig.text())
      const wrong = providers && halfOf(config, providers)
      if (wrong !== undefined) return failed(`${wrong}: ${HALF}`)
      if (!enabled) return ok('it is off: rauth is asked about every read')
      if (envoy === undefined) return skipped('it is on: say where Envoy is: --envoy URL')
      return opensFor(config, envoy)
    },
  }
}

/** What is in one half of it, and not in the other. */
function halfOf(
  { gateway, issuer, service }: Config,
  providers: readonly LaneProvider[],
): string | undefined {
  const [first] = providers
  if (!gateway.fastLane.enabled) {
    return first && 'Envoy has it, and gateway.fastLane.enabled is false: no token opens it'
  }
  if (first === undefined) {
    return 'gateway.fastLane.enabled is true, and Envoy has not all of its filters: rauth is asked about every read'
  }
  const isOurs = providers.some((one) => one.issuer === issuer && one.audiences.includes(service))
  return isOurs
    ? undefined
    : `Envoy has it for issuer ${first.issuer}, audiences ${first.audiences.join(', ')}, ` +
        `and here issuer is ${issuer}, service ${service}`
}

/** By a read of what nobody has, with a token that is good for that alone. */
async function opensFor(config: Config, envoy: string) {
  const keys = await signingKeysHere(config)
  if ('state' in keys) return { ...keys, what: `it is on, and ${keys.what}` }
  const name = `rauth-doctor/${randomUUID()}`
  const url = new URL(`/v2/${name}/blobs/sha256:${'0'.repeat(64)}`, envoy)
  const issuer = createIssuer({ keys, x5c: config.token.x5c })
  const readIt = async () => {
    const now = Math.floor(Date.now() / 1000)
    const times = { issuedAt: now, notBefore: now, expiresAt: now + EXPIRY }
    const own = { account: 'rauth-doctor', namespace: 'rauth-doctor' }
    const { token } = await issuer.sign({
      ...{ issuer: config.issuer, subject: '', audience: config.service, id: randomUUID() },
      ...{ ...times, namespaces: [], credentials: [] },
      access: [{ type: 'repository', name, actions: ['pull'] }],
      fastLane: { until: now + EXPIRY, paths: lanePaths(name), ...own },
    })
    return ask(url, { headers: { authorization: `Bearer ${token}` } })
  }
  const end = Date.now() + PATIENCE
  let answer = await readIt()
  while (isRefusalOfRauth(answer) && Date.now() < end) {
    await sleep(PAUSE)
    answer = await readIt()
  }
  if (isRefusalOfRauth(answer)) {
    return failed(
      'rauth was asked about a read that a token opens the lane for: look at jwt_authn in Envoy (issuer, audiences, ' +
        `whether it can fetch /jwks.json), and at its clock; ${HALF}`,
    )
  }
  return answer.status === 404
    ? ok('it is on: a read by digest came to the registry, and rauth was not asked')
    : failed(
        `a read by digest of what is not there is answered ${answer.status}, not 404: see Envoy’s log`,
      )
}
