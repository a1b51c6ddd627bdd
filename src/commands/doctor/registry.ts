import { randomUUID } from 'node:crypto'
import { ask, isRefusalOfRauth } from '../../adapters/probe/ask.ts'
import { dateOf, discoverRealm } from '../../adapters/probe/token.ts'
import { serviceNames } from '../../config/services.ts'
import type { Config } from '../../config/schema.ts'
import { createIssuer } from '../../token/issuer.ts'
import { failed, ok, skipped, type Check } from './finding.ts'
import { signingKeysHere } from './signing-keys.ts'

/** How long the token lives that is shown to the registry, seconds. */
const EXPIRY = 60

const NEXT = 'see that --registry is the registry itself, past Envoy, and that it has auth.token'

/** Checks of the token service, by the realm that clients are sent to. */
export function realmChecks(config: Config): readonly Check[] {
  const { realm, service } = config
  return [
    { name: 'realm answers', look: () => realmAnswers(realm, service) },
    { name: 'keys of the realm', look: () => keysAgree(config) },
    { name: 'clock of the realm', look: () => clockAgrees(jwksOf(realm), config.token.leeway) },
  ]
}

/** Checks of a registry; `registry`: where it is, past Envoy. */
export function registryChecks(config: Config, registry: string | undefined): readonly Check[] {
  const toRegistry = (look: (url: string) => ReturnType<Check['look']>) => () =>
    registry === undefined
      ? Promise.resolve(skipped('say where the registry itself is: --registry URL'))
      : look(registry)
  return [
    {
      name: 'registry names realm and service',
      look: toRegistry((url) => namesAgree(config, url)),
    },
    {
      name: 'clock of the registry',
      look: toRegistry((url) => clockAgrees(new URL('/v2/', url).href, config.token.leeway)),
    },
    { name: 'registry takes tokens', look: toRegistry((url) => tokenIsTaken(config, url)) },
  ]
}

/** As a client that has no login does: it is no mistake in the log. */
async function realmAnswers(realm: string, service: string) {
  const url = new URL(realm)
  url.searchParams.set('service', service)
  const answer = await ask(url)
  if (isRefusalOfRauth(answer) || /"token":"/.test(answer.body)) return ok(`${realm} is a rauth`)
  return answer.status >= 500
    ? failed(
        `${realm} answers ${answer.status}, and not as a rauth does: what stands in front of rauth does not reach it; ` +
          'see that rauth runs and answers',
      )
    : failed(`${realm} answers ${answer.status}, and not as a rauth does: look what realm leads to`)
}

/** It may be somebody else's rauth, or one that has not read the newest key. */
async function keysAgree(config: Config) {
  const keys = await signingKeysHere(config)
  if ('state' in keys) return keys
  const { kid } = keys.active(Date.now() / 1000)
  const url = jwksOf(config.realm)
  const { status, body } = await ask(url)
  if (status !== 200) return failed(`${url} answers ${status}: look what realm leads to`)
  return kidsIn(body).includes(kid)
    ? ok(`${url} has the key that signs here, ${kid}`)
    : failed(
        `${url} has no key ${kid}, by which this configuration signs: it is another rauth, or has other keys; ` +
          'look what realm leads to, and which keys.directory it has',
      )
}

/** Beside it: what is asked there is no decision. */
function jwksOf(realm: string): string {
  return new URL('jwks.json', realm).href
}

function kidsIn(body: string): readonly unknown[] {
  try {
    const { keys } = JSON.parse(body) as { readonly keys?: readonly { readonly kid?: unknown }[] }
    return (keys ?? []).map(({ kid }) => kid)
  } catch {
    return []
  }
}

async function clockAgrees(url: string, leeway: number) {
  const before = Date.now()
  const answer = await ask(url)
  const date = dateOf(answer)
  if (date === undefined) return skipped(`${url} does not say what time it is`)
  // Whole seconds, and so much later as the answer took.
  const [early, late] = [date - Date.now(), before - date - 1000]
  const seconds = Math.max(0, Math.ceil(Math.max(early, late) / 1000))
  return seconds <= leeway
    ? ok(`less than ${Math.max(seconds, 1)} s from this one`)
    : failed(`${seconds} s from this one, and token.leeway is ${leeway} s: set both by NTP`)
}

async function namesAgree(config: Config, registry: string) {
  const found = await discoverRealm(registry, NEXT)
  const wrong = []
  const realms = new Map([
    [config.service, config.realm],
    ...config.services.map((one) => [one.service, one.realm] as const),
  ])
  if (!serviceNames(config).includes(found.service)) {
    wrong.push(`service is ${found.service} there, and ${config.service} here`)
  } else if (realms.get(found.service) !== found.realm) {
    wrong.push(`realm is ${found.realm} there, and ${realms.get(found.service) ?? ''} here`)
  }
  return wrong.length === 0
    ? ok(`realm ${found.realm}, service ${found.service}`)
    : failed(`${wrong.join('; ')}: make its auth.token and the configuration agree`)
}

/** A token of this configuration, shown to the registry. It grants nothing. */
async function tokenIsTaken(config: Config, registry: string) {
  const keys = await signingKeysHere(config)
  if ('state' in keys) return keys
  const now = Math.floor(Date.now() / 1000)
  const { token, keyId } = await createIssuer({ keys, x5c: config.token.x5c }).sign({
    ...{ issuer: config.issuer, subject: 'rauth', audience: config.service, id: randomUUID() },
    ...{ issuedAt: now, notBefore: now, expiresAt: now + EXPIRY },
    ...{ access: [], namespaces: [], credentials: [] },
  })
  const headers = { authorization: `Bearer ${token}` }
  const answer = await ask(new URL('/v2/', registry), { headers })
  const { status } = answer
  // The gateway takes no token that is of no credential: that says nothing of the registry behind it.
  if (isRefusalOfRauth(answer)) {
    return failed(
      `rauth's gateway answers at ${registry}, not the registry: --registry is where that itself is, past Envoy`,
    )
  }
  if (status === 200) {
    const open = (await ask(new URL('/v2/', registry))).status === 200
    return open
      ? ok('it checks no tokens: nobody but Envoy may reach it')
      : ok(`issuer ${config.issuer}, key ${keyId}`)
  }
  if (status === 404) return skipped(`it answers 404 at /v2/: no registry is there`)
  return failed(
    `it answers ${status} to a token of issuer ${config.issuer}, service ${config.service}, key ${keyId}: ` +
      'compare issuer, service and rootcertbundle of its auth.token; its log says which',
  )
}
